"""What devices and apps write below a mail, in the languages that write to a help desk."""

# ruff: noqa: RUF001 - the words are of many languages

import re

LONGEST_ADVERT = 110  # characters
_DEVICE = (
    r"(?:iphone|ipad|ipod|apple watch|android|galaxy|samsung|huawei|xiaomi|redmi|pixel|nokia"
    r"|oneplus|oppo|motorola|blackberry|htc|xperia|windows|smartphone|handy|mobil|móvil|mòbil"
    r"|telefon|telephone|téléphone|teléfono|puhelim|cellulare|phone|tablet|outlook|gmail|yahoo"
    r"|gmx|web\.de|proton|mail\.ru|mail for|mail app|zoho|libero|spark|sparrow|airmail|front\b"
    r"|superhuman|canary|thunderbird|aol|mailbird|bluemail|type ?app|boxer|fairmail|k-9|t-mobile"
    r"|orange|verizon|minu iphon|яндекс|айфон|смартфон|телефон|планшет|آیفون|iphon)"
)
# "My" tells whose it is: no device needs to be named.
_MY = (
    r"sen[td] (?:from|with|via|using|by|through|on) my |(?:typed|written) on my "
    r"|von mein(?:em|er) |(?:gesendet|geschickt) von mein|diese (?:nachricht"
    r"|e-?mail) wurde von mein"
    r"|envoyé (?:de|depuis|à partir de|avec) m(?:on|a) |enviado (?:desde|con) mi "
    r"|enviado (?:do|de|a partir do|pelo) (?:o )?meu |inviato (?:dal|con il) mio "
    r"|(?:verstuurd|verzonden) (?:vanaf|met|vanuit) mijn |skickat från min |sendt fra min "
    r"|poslano (?:s|sa|z|iz) mo(?:g|jega) |poslato (?:s|sa) mog |enviat des del meu "
    r"|saadetud minu |išsiųsta iš mano |nosūtīts no mana |изпратено от моя |trimis de pe "
    r"|发自我的|發自我的|从我的|從我的|来自我的|來自我的|나의 |נשלח מה|أُ?رسلت من "
)
_FROM = (
    r"sen[td] (?:from|with|via|using|by|through|on) |gesendet (?:mit|von|über) |versendet mit "
    r"|envoyé (?:de|depuis|à partir de|avec|via|par) |enviado (?:desde|do|de|a partir d[eo]|con|com"
    r"|pelo|via) |inviato (?:da|dal|dalla|con|tramite) |(?:verstuurd|verzonden) (?:vanaf|met|vanuit"
    r"|via) |skicka(?:t|des) från |sendt (?:fra|via) |lähetetty |wysłan[eo] (?:z|ze|przy użyciu) "
    r"|odesláno (?:z|ze|pomocí) |odoslané (?:z|zo|pomocou) |küldve |elküldve |trimis (?:din|cu"
    r"|prin) "
    r"|отправлено (?:с|из|через|от) |надіслано (?:з|із|від) |відправлено (?:з|із) |στάλθηκε από "
    r"|изпратено (?:от|с|чрез) |poslano (?:z|s|sa|iz) |poslato (?:s|sa|iz) |послато са |נשלח מ"
    r"|تم الإرسال من |ارسال[‌ ]?شده از |فرستاده شده از |(?:đã |được )?gửi từ |ส่งจาก "
    r"|(?:dikirim|dihantar) dari(?:pada)? |enviat des d|saadetud |išsiųsta |nosūtīts no |sent úr "
    r"|发自|發自|来自|來自"
)
_GET = (
    r"(?:get|download|hol(?:en)? sie sich|télécharge[rz]|obten(?:ir|ez)|obten(?:er|ga|ha)|obter"
    r"|ottieni"
    r"|scarica|hämta|hent|få|hanki|pobierz|získat|stáhnout|získajte|obțineți|скачать|загрузить"
    r"|получить|αποκτήστε|obteniu|获取|獲取|取得|下载|下載) ?(?:the |o |el |l'|το "
    r"|aplikację )?outlook "
)
MOBILE_SIGNATURE = re.compile(
    rf"\s*[(\[]?(?:{_MY}|{_GET}|(?:{_FROM})[^\n]{{0,40}}?{_DEVICE}"
    rf"|{_DEVICE}[^\n]{{0,14}}(?:[dt][ae]n) gönderil|(?:az )?{_DEVICE}[-\w]{{0,8}} küldve"
    rf"|{_DEVICE}[^\n]{{0,12}}(?:から送信|より送信|에서 보냄|에서 발송|を入手|傳送|发送|發送)"
    r"|outlook (?:für|for|pour|para|per|voor) (?:ios|android)|sent on the go|sent wirelessly"
    r")[^\n]*",
    re.IGNORECASE,
)
# "Sent from my desk, which is easier": who writes about the sending writes a sentence.
SENTENCE = re.compile(
    r"(?<![\w'’])(?:is|was|are|were|and|but|because|since|when|which|who|if|i|we|it|they|has|have"
    r"|had"
    r"|ist|war|und|aber|weil|wenn|ich|wir|er|est|était|et|mais|je|nous|es|era|pero|yo|é|foi|mas"
    r"|è|ma|non|nicht|ne|not|yesterday|today|gestern|heute|hier|ayer|ieri)(?!\w)",
    re.IGNORECASE,
)
EXCUSE = re.compile(
    r"excuse|typo|brevity|forgive|pardon|sorry|entschuld|tippfehler|kürze|disculp|errores|scus"
    r"|errori|excus|fautes",
    re.IGNORECASE,
)


def is_advert(line: str) -> bool:
    """What a device or app adds to each mail, and nobody writes."""
    if len(line) > LONGEST_ADVERT or line.rstrip().endswith(("?", ":")):
        return False
    if not MOBILE_SIGNATURE.fullmatch(line):
        return False
    return bool(EXCUSE.search(line)) or not SENTENCE.search(line)
