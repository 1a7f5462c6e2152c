"""The lines that mail clients and help desks draw above what they quote or forward."""

# ruff: noqa: RUF001 - the words are of many languages

import re

DASH = "[-‐‒–—_=*]"
_ORIGINAL = (
    r"original[- ]?(?:message|nachricht|bericht|meddelande|melding|meddelelse)"
    r"|reply message|quoted message|previous message|ursprüngliche (?:nachricht|e-?mail)"
    r"|message d['’]origine|message (?:original|initial|précédent)|mensaje original|correo original"
    r"|mensagem original|messaggio (?:originale|originario)|oorspronkelijk(?:e)? bericht"
    r"|ursprungligt meddelande|oprindelig (?:meddelelse|besked)|opprinnelig melding"
    r"|alkuperäinen viesti|oryginalna wiadomość|wiadomość oryginalna|původní (?:zpráva|e-?mail)"
    r"|pôvodná správa|исходное сообщение|оригинальное сообщение|оригінальне повідомлення"
    r"|початкове повідомлення|eredeti üzenet|mesaj(?:ul)? original|(?:orijinal|özgün)"
    r" (?:mesaj|ileti|posta)|αρχικό μήνυμα|оригинално съобщение|(?:izvorna|originalna) poruka"
    r"|оригинална порука|izvirno sporočilo|הודעה מקורית|الرسالة الأصلية|پیام اصلی"
    r"|原始邮件|原始郵件|邮件原件|原邮件|元のメッセージ|원본 ?메시지|원본 ?메일|thư gốc"
    r"|tin nhắn gốc"
    r"|pesan asli|mesej asal|missatge original|jatorrizko mezua|algne (?:sõnum|kiri)|algteade"
    r"|originalus (?:pranešimas|laiškas)|sākotnējais ziņojums|upprunaleg skilaboð"
    r"|ข้อความต้นฉบับ|मूल संदेश"
)
_FORWARDED = (
    r"forwarded (?:message|by|mail)|fwd|weitergeleitete (?:nachricht|e-?mail)"
    r"|message (?:transféré|réexpédié)|mensaje reenviado|mensagem (?:re)?encaminhada"
    r"|messaggio inoltrato|doorgestuurd bericht|vidarebefordrat meddelande"
    r"|videresendt (?:melding|meddelelse|besked)|(?:edelleen)?välitetty viesti"
    r"|(?:treść )?przekazan(?:a|ej) wiadomoś(?:ć|ci)|přeposlaná zpráva|preposlaná správa"
    r"|továbbított (?:üzenet|levél)|mesaj (?:redirecționat|redirecţionat|transmis)"
    r"|пересылаемое сообщение|пересланное сообщение|перенаправленное сообщение"
    r"|переслане повідомлення|пересланий лист|(?:iletilmiş|iletilen|yönlendirilmiş|yönlendirilen)"
    r" (?:mesaj|ileti|posta)|προωθημένο μήνυμα|препратено съобщение|пренасочено съобщение"
    r"|proslijeđena poruka|prosleđena poruka|прослеђена порука|posredovano sporočilo"
    r"|הודעה שהועברה|رسالة م(?:ُ)?عاد توجيهها|پیام هدایت[‌ ]شده|转发的?(?:消息|邮件)|轉寄的?郵件"
    r"|已轉寄郵件|転送(?:された)?(?:メッセージ|メール)|전달된 ?(?:메시지|메일)|thư đã chuyển tiếp"
    r"|pesan (?:terusan|diteruskan)|missatge reenviat|edastatud (?:sõnum|kiri)"
    r"|persiųst(?:as|a) (?:laiškas|žinutė)|pārsūtīts ziņojums|ข้อความที่ส่งต่อ"
)
# Between dashes; what follows the words may name who forwarded, and when.
SEPARATOR = re.compile(
    rf"{DASH}{{2,}}\s*(?:begin )?(?:(?:{_ORIGINAL})"
    rf"|(?:{_FORWARDED})[^\n]{{0,160}}?)"
    rf"\s*{DASH}{{2,}}",
    re.IGNORECASE,
)
# Any words between long dashes: believed only right above a block of headers.
DRAWN = re.compile(rf"\s*{DASH}{{4,}}[^\n]{{1,60}}{DASH}{{4,}}\s*")
FORWARDED = re.compile(
    r"(?:(?:begin )?forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail)"
    r"|début du message (?:transféré|réexpédié)|inicio del mensaje reenviado"
    r"|inizio (?:del )?messaggio inoltrato|begin doorgestuurd bericht"
    r"|início da mensagem (?:re)?encaminhada|vidarebefordrat (?:brev|mejl)"
    r"|start på videresendt (?:besked|e-?mail)|begynn videresendt (?:melding|e-?post)"
    r"|videresendt melding|välitetty viesti alkaa|początek przekazywanej wiadomości"
    r"|začátek přepos(?:í|)lané zprávy|začiatok preposlanej správy|továbbított levél kezdete"
    r"|începutul mesajului redirecționat|început mesaj redirecționat"
    r"|начало (?:переадресованного|пересылаемого) сообщения|початок листа,? який перес(?:и|)лається"
    r"|i̇leti başlangıcı|ileti başlangıcı|iletilen mesajın başlangıcı|αρχή προωθημένου μηνύματος"
    r"|započni proslijeđenu poruku|תחילת ההודעה שהועברה|بدء الرسالة المعاد توجيهها"
    r"|下面是被转发的邮件|開始轉寄郵件|以下は、?転送されたメッセージです|전달된 메시지 시작"
    r"|inici del missatge reenviat|bắt đầu thư được chuyển tiếp)\s?[:：]",
    re.IGNORECASE,
)
# Above what our own kind of mail asks people to write.
REPLY_ABOVE = re.compile(
    r"[\W_]*(?:(?:please )?(?:type|write|enter|add)? ?(?:your )?reply above th(?:is|e) line"
    r"|(?:please )?(?:reply|write|type|respond) above this line"
    r"(?: to (?:reply|respond|post|add)[^\n]{0,40})?"
    r"|in replies,? all text above this line[^\n]{0,60}"
    r"|bitte (?:geben sie ihre antwort|antworten sie|schreiben sie|ihre antwort)?"
    r" ?(?:oberhalb|über) dieser (?:zeile|linie)(?: ein| antworten| eingeben)?"
    r"|antwort(?:en)? (?:sie )?(?:bitte )?(?:oberhalb|über) dieser (?:zeile|linie)"
    r"|(?:veuillez )?(?:r[ée]pond(?:re|ez)|saisir votre réponse|écrire votre réponse)"
    r" au[- ]dessus de cette ligne|(?:por favor,? )?(?:escriba|responda|introduzca)"
    r" (?:su respuesta )?(?:por )?(?:encima|arriba) de esta l[ií]nea"
    r"|(?:por favor,? )?(?:responda|digite sua resposta|escreva a sua resposta) acima desta linha"
    r"|(?:si prega di )?(?:rispond(?:i|ere)|digitare la risposta) (?:sopra|al di sopra di)"
    r" (?:a )?questa (?:riga|linea)"
    r"|(?:gelieve uw )?antwoord (?:boven|te typen boven) deze (?:lijn|regel)"
    r"|typ uw antwoord boven deze regel|svara ovanför den här raden|svar over denne linj(?:e|en)"
    r"|vastaa tämän rivin yläpuolelle|(?:proszę )?(?:odpowiedz|odpowiedź|wpisz odpowiedź)"
    r" (?:powyżej|nad) (?:tej|tą) lini(?:i|ą)|odpovězte nad tento řádek"
    r"|(?:пожалуйста,? )?(?:введите|пишите|напишите)? ?(?:ваш )?ответ выше этой (?:строки|линии)"
    r"|(?:lütfen )?yanıtınızı bu satırın üst[üu]ne yazın|请在此(?:行|线)(?:之?上方?)(?:回复|输入)"
    r"|この行より上に返信[^\n]{0,20})[\W_]*",
    re.IGNORECASE,
)
