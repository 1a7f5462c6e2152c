"""What mail clients call a quoted mail's From, Date, To and Subject."""

# ruff: noqa: RUF001 - the words are of many languages

from collections.abc import Mapping

_LABELS: Mapping[str, str] = {
    "from": "from von de da van från fra lähettäjä od wysłane от від feladó la kimden gönderen από"
    " expéditeur remitente mittente afzender avsändare avsender afsender nadawca odesílatel"
    " odosielateľ remetente expeditor отправитель подател pošiljatelj šalje пошиљалац од"
    " من מאת از فرستنده từ จาก dari daripada saatja nuo no frá nork प्रेषक"
    " 发件人 寄件者 寄件人 差出人 送信者 보낸사람 보낸 발신",
    "date": "date sent gesendet datum data fecha enviat envoyé enviado enviada inviato verzonden"
    " skickat sendt dato päivämäärä lähetetty wysłano wysłane odesláno odoslané dátum отправлено"
    " дата надіслано küldve elküldve tarih gönderme gönderildi ημερομηνία στάλθηκε εστάλη"
    " αποστολή trimis изпратено poslano poslato послато датум terkirim dikirim dihantar tanggal"
    " tarikh saadetud kuupäev išsiųsta nosūtīts datums נשלח תאריך تم تاریخ التاريخ ส่ง วันที่ ngày"
    " bidalia dagsetning le"
    " 发送时间 发送日期 发件日期 日期 时间 寄件日期 傳送時間 日時 送信日時 日付 날짜 보낸날짜"
    " 발신일",
    "to": "to an à a para aan till til vastaanottaja do komu кому címzett către kime alıcı προς"
    " destinataire destinatario destinatário per pour odbiorca příjemce ontvanger mottagare"
    " modtager mottaker empfänger получатель до prima za за kepada adressaat kam kam: nori प्रति"
    " אל إلى به گیرنده đến tới ถึง ke 收件人 收件者 宛先 받는사람 받는 수신",
    "subject": "subject betreff objet sujet asunto assunto oggetto onderwerp ämne emne aihe temat"
    " předmět predmet тема tárgy subiect konu θέμα относно zadeva naslov assumpte perihal subjek"
    " teema temats tēma tema gaia efni विषय נושא الموضوع موضوع เรื่อง 主题 主旨 件名 제목 re",
    "other": "cc kopie kopia copia cópia copie kopio bcc reply-to antwort risposta importance kopi"
    " копия másolat bilgi κοιν 抄送 副本 参照 참조 participants organisation organization"
    " attachments attachment anlagen anhang priority priorität עותק",
}
HEADER_LABELS = {word: kind for kind, words in _LABELS.items() for word in words.split()} | {
    "reply to": "other",
    "de la": "from",
    "от кого": "from",
    "تاريخ الإرسال": "date",
    "تم الإرسال": "date",
    "ارسال شده": "date",
    "भेजा गया": "date",
    "đã gửi": "date",
    "chủ đề": "subject",
    "per a": "to",
    "enviado el": "date",
    "enviada em": "date",
    "enviado em": "date",
    "enviat el": "date",
    "inviato il": "date",
    "envoyé le": "date",
    "gönderme tarihi": "date",
    "antwort an": "other",
    "rispondi a": "other",
    "répondre à": "other",
    "responder a": "other",
    "date d'envoi": "date",
    "보낸 사람": "from",
    "받는 사람": "to",
    "보낸 날짜": "date",
}
