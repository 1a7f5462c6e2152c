"""How auto-responders begin their subjects where they set no header."""

# ruff: noqa: RUF001 - the words are of many languages

import re

_PHRASES = (
    r"auto(?:matic|mated)?[\s:-]*(?:re(?:ply|sponse)|answer|responder)|auto(?=:)"
    r"|vacation (?:auto-?)?(?:reply|response|notice|message)"
    r"|(?:out of (?:the )?office|ooo(?=:))(?:[ :]*auto-?reply)?"
    r"|auto-?antwort|automatische[sr]? (?:antwort|abwesenheits(?:notiz|nachricht|meldung))"
    r"|abwesenheits(?:notiz|assistent|nachricht|meldung|benachrichtigung)|abwesend"
    r"|automatisch(?:e|)? (?:antwoord(?:bericht)?|reactie|reaktion|antwort)"
    r"|afwezig(?:heid(?:sbericht|smelding|sassistent)?)?|niet aanwezig"
    r"|r[ée]ponse automatique(?: d['’]absence)?|absen(?:ce|t) du bureau|message d['’]absence"
    r"|respuesta autom[áa]tica(?: de\b.*)?|(?:fuera|ausente) de (?:la )?oficina"
    r"|resposta autom[áaà]tica|aus[êe]ncia tempor[áa]ria|(?:fora|ausente) do escrit[óo]rio"
    r"|resposta automàtica|fora de l['’]oficina"
    r"|risposta automatica|fuori (?:sede|ufficio)|assen(?:te|za) dall['’]ufficio"
    r"|autosvar|automati(?:skt?|sk) (?:svar|besvarelse)|fr[åa]nvaro?(?:ande|meddelande)"
    r"|ikke til stede|fraværende|fraværs(?:besked|melding)"
    r"|automaattinen vastaus|poissa(?:olo(?:viesti|ilmoitus)|\s?toimistosta)?"
    r"|automatyczna odpowied[źz]|odpowied[źz] automatyczna|autoodpowied[źz]|poza biurem"
    r"|automatick[áa] odpov[ěe][ďd]|mimo kancel[áa][řr](?:ie|e)?"
    r"|automatikus v[áa]lasz|h[áa]zon k[íi]v[üu]l|t[áa]voll[ée]t"
    r"|r[ăa]spuns automat|absent de la birou|în afara biroului"
    r"|автоответ(?:чик)?|автоматический ответ|нет на (?:месте|работе)|отсутствие на работе"
    r"|вне офиса|автовідповідь|автоматична відповідь|поза офісом|автоматичен отговор"
    r"|извън офиса|automatski odgovor|аутоматски одговор|samodejni odgovor|izvan ureda"
    r"|otomatik yan[ıi]t|(?:ofis|i̇ş yeri|iş yeri|işyeri) dışında"
    r"|αυτόματη απάντηση|εκτός γραφείου|automaatvastus|automaatne vastus"
    r"|automātisk[aā] atbilde|automatinis atsakymas|sjálfvirkt svar"
    r"|(?:תשובה|מענה) אוטומטי(?:ת)?|מחוץ למשרד|(?:ال)?رد (?:ال)?تلقائي|خارج المكتب|پاسخ خودکار"
    r"|स्वचालित उत्तर|trả lời tự động|vắng mặt|(?:การ)?ตอบ(?:กลับ)?(?:โดย)?อัตโนมัติ"
    r"|(?:balasan|jawaban) otomatis|jawapan automatik|balasan automatik"
    r"|自動応答|自動返信|自動回覆|自动(?:回复|答复|回覆)|不在(?:通知|連絡|届)?|자동 ?(?:회신|응답"
    r"|답장)"
    r"|부재 ?중(?: 자동 ?(?:회신|응답))?"
)
# What comes after: the subject that is answered, or nothing.
_AFTER = r"\s*(?:[:：(\[–—-]|(?:re|aw|fw|fwd|wg|sv|vs|tr) ?:|$)"
AUTO_SUBJECT = re.compile(
    rf"(?:{_PHRASES}){_AFTER}"
    rf"|[\[(【](?:{_PHRASES}|auto)[\])】]"
    r"|out of (?:the )?office (?:until|till|from|through|bis)\b"
    r"|(?:i am |i'm )?(?:currently |presently )?(?:out of|away from) (?:the |my )?office"
    r"(?: (?:until|till|from|through|on|with)\b.*)?$"
    r"|away (?:until|from (?:my|the) (?:desk|mail|e-mail))\b"
    r"|(?:currently )?(?:on|away on) (?:annual |parental |sick )?(?:leave|vacation|holidays?)"
    r"\s*(?:[:(\[–—-]|(?:until|till|from|through)\b|$)",
    re.IGNORECASE,
)
AUTO_SUBJECT_END = re.compile(r"[\[(]auto-?(?:reply|response)[\])]\s*\Z", re.IGNORECASE)
