"""How mail clients introduce what they quote, in the languages that write to a help desk."""

# ruff: noqa: RUF001 - the words are of many languages

import re
from collections.abc import Mapping

# "… wrote:", at the end of an attribution or (Germanic languages) in its middle.
ATTRIBUTION_VERB = re.compile(
    r"(?<!\w)(?:wrote|writes|schrieb|a écrit|escribió|escribi[óo]|ha scritto|escreveu|schreef"
    r"|skrev|kirjoitti|napisał(?:a|\(a\))?|pisze|napsal(?:a|\(a\))?|napísal(?:a|\(a\))?"
    r"|написала?|пишет|пише|написав|írta|a scris|yazdı|şunu yazdı|έγραψε|napisao|napisala"
    r"|je napisal|menulis|đã viết|rašė|rakstīja|kirjutas|написа|ha escrit|escriure"
    r"|در تاریخ|נכתב|כתב(?:ה)?|מאת|كتب|بواسطة|نوشت|geschreven|napisana przez|је написао(?:/ла)?"
    r"|је написала)(?!\w)"
    r"|写道|寫道|写到|さん(?:は|が)?書きました|のメール|님이 작성|작성:|เขียนว่า",
    re.IGNORECASE,
)
# What it begins with: a preposition or article before the date, a weekday, or the date itself.
ATTRIBUTION_START = re.compile(
    r"(?:-{2,}\s*)?(?:on|am|le|el|il|em|op|den|dne|dnia|dňa|w dniu|pe|på|in data|в|у|a|na|data"
    r"|στις|tarihinde|pada|vào|в\s|时间|在|于|於|"
    r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?"
    r"|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|ons|tors|tis|fre|mån|lör|sön"
    r"|ma|ti|ke|to|pe|la|su)[\s,.]"
    r"|\d{1,4}[\s./年-]|在|于",
    re.IGNORECASE,
)
# Some clients name the sender and date without a verb; the address then ends the line.
ADDRESS_AT_END = re.compile(r"<\s?[^<>\s]{1,200}@[^<>\s]{3,200}>\s?[:：]")
TIME_OF_DAY = re.compile(r"\d[^<>]{1,60}\d[:.]\d{2}(?!\d)")
# "Missatge de … del dia …", "Quoting …:": who, and not what he did.
QUOTING = re.compile(
    r"(?:quoting|zitat von|zitiere|citando|citation de|citat fr[åa]n|cytowanie|missatge"
    r" de)\s.{1,200}:",
    re.IGNORECASE,
)
# Above what our own kind of mail asks people to write.
REPLY_ABOVE = re.compile(
    r"[\W_]*(?:(?:please )?(?:type|write|enter|add)? ?(?:your )?reply above th(?:is|e) line"
    r"|reply above this line|write above this line|bitte (?:antworten sie )?(?:oberhalb|über)"
    r" dieser"
    r" (?:zeile|linie)(?: antworten)?|antwort(?:en)? (?:bitte )?oberhalb dieser (?:zeile|linie)"
    r"|(?:veuillez )?r[ée]pond(?:re|ez) au[- ]dessus de cette ligne|(?:por favor,? )?escriba su"
    r" respuesta (?:por )?encima de esta l[ií]nea|responda acima desta linha|rispondi sopra questa"
    r" (?:riga|linea)|antwoord boven deze (?:lijn|regel)|svara ovanför den här raden)[\W_]*",
    re.IGNORECASE,
)
FORWARDED = re.compile(
    r"(?:begin forwarded message|anfang der weitergeleiteten nachricht|début du message"
    r" (?:transféré"
    r"|réexpédié)|inicio del mensaje reenviado|inizio (?:del )?messaggio inoltrato"
    r"|begin doorgestuurd bericht|início da mensagem (?:encaminhada|reencaminhada)"
    r"|vidarebefordrat brev|start på videresendt besked|videresendt melding|välitetty viesti alkaa"
    r"|początek przekazywanej wiadomości|začátek přeposlané zprávy|начало переадресованного"
    r" сообщения"
    r"|下面是被转发的邮件|以下は、転送されたメッセージです|전달된 메시지 시작)\s?[:：]",
    re.IGNORECASE,
)
BARE_ATTRIBUTION = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\s[^<>\n]{0,200}<\s?[^<>\s]{3,200}>:?")
SEPARATOR = re.compile(
    r"[-—_=]{2,}\s*(?:begin )?(?:original[- ]?(?:message|nachricht|bericht|meddelande"
    r"|melding)|forwarded message|ursprüngliche nachricht|originalnachricht"
    r"|weitergeleitete nachricht|message d'origine|message original|message transféré"
    r"|message d’origine|mensaje original|mensaje reenviado|mensagem original"
    r"|mensagem encaminhada|messaggio originale|messaggio inoltrato|messaggio originario"
    r"|oorspronkelijk bericht|doorgestuurd bericht|ursprungligt meddelande"
    r"|vidarebefordrat meddelande|oprindelig meddelelse|opprinnelig melding"
    r"|alkuperäinen viesti|oryginalna wiadomość|wiadomość oryginalna"
    r"|treść przekazanej wiadomości|původní zpráva|původní e-mail|pôvodná správa"
    r"|исходное сообщение|пересылаемое сообщение|пересланное сообщение"
    r"|перенаправленное сообщение|оригінальне повідомлення|eredeti üzenet|mesaj original"
    r"|orijinal (?:mesaj|ileti)|αρχικό μήνυμα"
    r"|originalmeddelande|原始邮件|原始郵件|邮件原件|转发邮件|元のメッセージ|원본 메시지)"
    r"\s*[-—_=]{2,}",
    re.IGNORECASE,
)
MOBILE_SIGNATURE = re.compile(
    r"\s*(?:sent (?:from|with|via|using) (?:my |the |a |yahoo |outlook|mail |blackberry|samsung"
    r"|gmail|proton|iphone|ipad|android|spark|sparrow|mobile|windows)"
    r"|get outlook for (?:ios|android)|von mein(?:em|er) |gesendet (?:mit|von) "
    r"|diese nachricht wurde von mein|envoyé (?:de|depuis) mon |envoyé à partir de "
    r"|enviado (?:desde|do|de|a partir) (?:mi|meu) |enviado (?:desde|do) |inviato da(?:l mio)? "
    r"|verstuurd vanaf (?:mijn )?|verzonden met |skickat från min |sendt fra (?:min )?"
    r"|lähetetty |wysłane z |wysłano z |odesláno z |odoslané z |отправлено с |надіслано з "
    r"|küldve |trimis de pe |iphone'umdan gönderildi|發自我的|发自我的|从我的|從我的"
    r"|(?:iphone|ipad|android)(?:から送信|에서 보냄)|나의 (?:iphone|ipad|android)|enviat des del"
    r" meu "
    r"|az (?:iphone|ipad|android)-o[mn]ról küldve|στάλθηκε από |изпратено от моя |poslano (?:z"
    r"|sa|iz) m"
    r"|נשלח מה|أُ?رسلت من |gửi từ |ส่งจาก |dikirim dari |verzonden vanuit |sent on the go"
    r"|outlook für (?:ios|android) |télécharger outlook pour |obtener outlook para |obter o"
    r" outlook para"
    r"|scarica outlook per |download outlook voor )",
    re.IGNORECASE,
)
_LABELS: Mapping[str, str] = {
    "from": "من מאת từ จาก dari saatja nuo no šalje 寄信人 from von de da van från fra lähettäjä"
    " od wysłane от від feladó la kimden gönderen"
    " από expéditeur remitente mittente afzender avsändare nadawca"
    " 发件人 寄件者 寄件人 差出人 보낸사람 보낸",
    "date": "נשלח ส่ง enviat terkirim saadetud išsiųsta nosūtīts poslato poslano изпратено"
    " στάλθηκε εστάλη 寄件日期 傳送時間 تم date sent gesendet datum data fecha envoyé enviado"
    " enviada inviato verzonden skickat"
    " sendt dato päivämäärä lähetetty wysłano odesláno odoslané dátum отправлено дата"
    " надіслано küldve tarih gönderme gönderildi ημερομηνία trimis"
    " 发送时间 发送日期 日期 日時 送信日時 날짜 보낸날짜",
    "to": "إلى אל đến ถึง kepada adressaat kam prima za до 收件者 to an à a para aan till til"
    " vastaanottaja do komu кому címzett către kime alıcı προς"
    " 收件人 宛先 받는사람 destinataire destinatario per pour",
    "subject": "الموضوع נושא เรื่อง assumpte perihal teema temats zadeva naslov относно subject"
    " betreff objet asunto assunto oggetto onderwerp ämne emne aihe temat předmět"
    " predmet тема tárgy subiect konu θέμα 主题 主旨 件名 제목 re",
    "other": "cc kopie kopia copia cópia copie kopio bcc reply-to antwort risposta importance kopi"
    " копия másolat bilgi κοιν 抄送 副本 参照 participants organisation organization attachments",
}
HEADER_LABELS = {word: kind for kind, words in _LABELS.items() for word in words.split()} | {
    "reply to": "other",
    "de la": "from",
    "تاريخ الإرسال": "date",
    "đã gửi": "date",
    "chủ đề": "subject",
    "per a": "to",
    "enviado el": "date",
    "enviada em": "date",
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
