"""How mail systems say that they could not deliver, and why, in the languages that they speak."""

import re

BOUNCE_SUBJECT = re.compile(
    r"undeliver|delivery (?:status|failure|has failed|problem|report|error|delay)"
    r"|(?:returned|failed) mail|returned to sender|mail delivery|mail system error"
    r"|failure notice|failed delivery"
    r"|non[- ]?remis|unzustellbar|nicht zugestellt|not delivered|could not (?:be )?deliver"
    r"|delivery notification|message not delivered|non-?deliver|rejected message|mail failure"
    r"|message (?:delivery|rejected|undeliverable)|(?:mail|message) could not be sent"
    r"|warning: (?:message|could not send)|[ée]chec de (?:la )?(?:remise|distribution|livraison)"
    r"|non distribu|no se (?:puede|pudo|ha podido) entregar|no entregad|error de entrega"
    r"|n[ãa]o (?:é|foi) possível entregar|kan ikke (?:leveres|afleveres)"
    r"|fehler bei der (?:nachrichten"
    r")?zustellung|zustellung (?:fehlgeschlagen|nicht möglich)|не уда(?:ется|ётся|лось) доставить"
    r"|impossibile recapitare|non recapitabile|imposible entregar|nelze doručit"
    r"|не може бути доставлен"
    r"|nem kézbesíthető|nu se poate livra|δεν είναι δυνατή η παράδοση|לא ניתן למסירה|تعذر التسليم"
    r"|estado de (?:la )?entrega|falha na entrega|n[ãa]o (?:foi )?entregue|mancat[ao] (?:recapito"
    r"|consegna)|mancato inoltro|onbestelbaar|niet[- ]bezorgd|kan inte levereras|oleverer"
    r"|kunne ikke leveres|ei voitu toimittaa|niedostarcz|nie dostarczono|nedoručiteln|nedoručen"
    r"|не ?доставлен|невозможно доставить|недоставлен|teslim edilemedi|kézbesíthetetlen"
    r"|配信不能|配信エラー|配送エラー|エラーメール|不達|退信|无法(?:投递|送达)|未送达|無法傳遞"
    r"|반송|배달되지",
    re.IGNORECASE,
)
FAILURE = re.compile(
    r"(?:could|can|was|were|has|have|is|been|will) ?not (?:be |been )?(?:successfully )?deliver"
    r"|couldn't be delivered|wasn't delivered|undeliverable|unable to (?:deliver|relay)"
    r"|delivery (?:to|has) [^\n]{0,80}fail|delivery fail|failed (?:permanently|to deliver)"
    r"|automatically rejected|postponed due to|did not reach the following|returned to sender"
    r"|returned to the sender"
    r"|no such user|user (?:is )?unknown"
    r"|unknown user|mailbox (?:is |was )?(?:full|unavailable|not found)|permanent (?:fatal )?error"
    r"|following (?:address|recipient)[^\n]{0,40}fail|had (?:permanent|transient|delivery)"
    r"|delivery (?:is )?delayed|message you sent[^\n]{0,60}(?:reject|return)|invalid user address"
    r"|nicht (?:zugestellt|ausgeliefert|übermittelt) werden|nicht zustellbar|unzustellbar"
    r"|n'a (?:pas )?pu être (?:remis|délivré|distribué|livré)|n'a pas été (?:remis|distribué)"
    r"|no (?:se )?(?:pudo|ha podido|puede) (?:ser )?entrega"
    r"|não (?:pôde|foi possível|pode)[^\n]{0,20}entreg"
    r"|non è stato possibile (?:recapitare|consegnare)|impossibile recapitare"
    r"|kon niet (?:worden )?(?:bezorgd|afgeleverd)|kunde inte (?:levereras|skickas)"
    r"|kunne ikke leveres|nie (?:można|udało się|została?) [^\n]{0,20}dostarcz"
    r"|не (?:может быть|удалось|было) (?:доставлен|доставить)|nem (?:lehetett )?kézbesít"
    r"|teslim edilemedi|配信できません|配送できません|届けできません|無法(?:傳遞|投遞)"
    r"|无法(?:投递|送达|发送到)"
    r"|전달(?:되지|할 수 없)",
    re.IGNORECASE,
)
GONE = re.compile(
    r"\b(?:user|recipient|mailbox|account|address)\b[^\n@]{0,40}(?:unknown|does(?:n't| not) exist"
    r"|not (?:exist|found|known|recogni[sz]ed|listed|a valid)|invalid|disabled|inactive|suspended"
    r"|unavailable|rejected|deactivated|no longer)"
    r"|(?:unknown|invalid|no such|bad|nonexistent) (?:user|recipient|mailbox|person|address|account"
    r"|local part|host|domain)|host (?:unknown|not found)|(?:domain|name)[^\n]{0,20} not found"
    r"|no mailbox|not our customer|unrouteable|unroutable|does not exist|not a valid mailbox"
    r"|gibt es nicht|existiert nicht|unbekannt|n'existe pas|inconnu|no existe|desconocid"
    r"|não existe|non esiste|bestaat niet|не существует|存在しません|不存在",
    re.IGNORECASE,
)
FOR_NOW = re.compile(
    r"(?:mail ?(?:box|folder|account)|quota|disk|inbox|storage)[^.\n]{0,40}(?:full|exceed|limit)"
    r"|full (?:mailbox|inbox)|over ?quota"
    r"|insufficient (?:system )?storage|try again|temporar|delayed|spam|block(?:ed|list|ing)"
    r"|blacklist|denied|banned|polic(?:y|ies)|reputation|dmarc|dkim|\bspf\b|unsolicited"
    r"|not yet been delivered|warning message only|no action is required|not accepting mail from"
    r"|too (?:large|big|many)|size (?:limit|exceed)|exceed\w* [^\n]{0,30}size|greylist|rate limit"
    r"|timed? ?out|will (?:be retried|retry|keep trying|continue)|postponed"
    r"|still being retried|content rejected"
    r"|virus|relay(?:ing)? (?:denied|not permitted)|authentication required|not authori[sz]ed",
    re.IGNORECASE,
)
