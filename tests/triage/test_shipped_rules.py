"""What the shipped rules make of requests as people write them, in four languages."""

from typing import Any

import pytest

from services.triage.domain.triage import Triage
from shared.contracts.fields import Automatic, Priority, TicketType, Tier
from shared.contracts.triage import TicketTriaged
from tests.triage.cases import created

REQUESTS = {
    "billing": [
        ("Question about my bill", "Hi, my March invoice shows 49.90 instead of 39.90. Why?"),
        ("", "You charged my credit card twice for the same month, please look into it"),
        ("Rechnung 2024-118", "Guten Tag, in der Rechnung fehlt unsere Umsatzsteuer-ID."),
        ("Doppelte Abbuchung", "Sie haben den Betrag zweimal abgebucht. Bitte prüfen."),
        ("Facture incorrecte", "Bonjour, le montant de ma facture de mai est faux."),
        ("", "J'ai été prélevé deux fois ce mois-ci, pouvez-vous vérifier ?"),
        ("Factura", "Buenos días, me han cobrado dos veces el mismo recibo."),
        ("Pago rechazado", "Intento pagar y me sale que la tarjeta ha sido rechazada."),
    ],
    "refund": [
        ("Refund please", "I returned the shoes two weeks ago and still have no refund."),
        ("", "I want my money back for order 4711, it was never what you promised"),
        ("Rückerstattung", "Wann bekomme ich mein Geld zurück? Die Ware ist längst bei Ihnen."),
        ("Remboursement", "Je souhaite être remboursée pour ma commande annulée."),
        ("Reembolso", "Quiero la devolución del dinero, el producto no era el que pedí."),
    ],
    "login": [
        ("Can't log in", "Since this morning I can't log in, it says invalid credentials."),
        ("", "i forgot my password and the reset mail never comes"),
        ("Anmeldung", "Ich kann mich nicht mehr einloggen, mein Zugang ist gesperrt."),
        ("Passwort vergessen", "Bitte setzen Sie mein Passwort zurück."),
        ("Connexion impossible", "Je n'arrive plus à me connecter, mot de passe oublié."),
        ("", "No puedo iniciar sesión, he olvidado la contraseña"),
    ],
    "outage": [
        ("Site down", "Your website is down for all of us, nobody can place orders."),
        ("URGENT", "The whole company is affected: the mail server went down at 9."),
        ("Totalausfall", "Seit 8 Uhr ist das System ausgefallen, alle Mitarbeiter betroffen."),
        ("Störung", "Der Server ist nicht erreichbar."),
        ("Panne générale", "Le service est indisponible, plus rien ne fonctionne."),
        ("Sistema caído", "La plataforma está caída desde ayer, nadie puede trabajar."),
    ],
    "technical": [
        ("App crashes", "The app crashes whenever I open the settings on my phone."),
        ("", "export to excel does not work, I get an error message 0x80"),
        ("Fehlermeldung", "Beim Speichern erscheint eine Fehlermeldung und die App hängt."),
        ("Problème", "L'application plante après la mise à jour."),
        ("Error", "La aplicación se cierra sola y no carga la página."),
    ],
    "delivery": [
        ("Where is my parcel", "Tracking says delivered but nothing has not arrived here."),
        ("Paket beschädigt", "Das Paket kam heute an, leider mit Transportschaden."),
        ("Colis", "Mon colis n'est toujours pas arrivé, le suivi ne bouge plus."),
        ("Envío", "Mi paquete no ha llegado y el transportista no responde."),
    ],
    "order": [
        ("Order 88123", "I ordered two blue mugs and got the wrong item, red plates."),
        ("", "Please cancel my order 1234, I ordered the wrong size"),
        ("Bestellung ändern", "Ich möchte meine Bestellung 5512 ändern, falsche Größe bestellt."),
        ("Commande", "Je voudrais annuler ma commande passée ce matin."),
        ("Mi pedido", "En mi pedido falta un artículo."),
    ],
    "cancellation": [
        ("Cancel subscription", "Please cancel my subscription at the end of the month."),
        ("Kündigung", "Hiermit kündige ich meinen Vertrag fristgerecht zum nächsten Termin."),
        ("Résiliation", "Je souhaite résilier mon abonnement."),
        ("Baja", "Quiero darme de baja y cancelar mi suscripción."),
    ],
    "account": [
        ("New address", "I moved house, please update my address in my profile."),
        ("Adressänderung", "Wir sind umgezogen, die neue Adresse lautet Hauptstr. 5."),
        ("Changement d'adresse", "Merci de modifier mon profil, j'ai déménagé."),
        ("", "Me he mudado, necesito cambiar mi dirección en mi perfil"),
    ],
    "security": [
        ("Account hacked", "Someone logged in from Russia, I think my account was hacked."),
        ("Phishing", "Ich habe eine verdächtige Mail in Ihrem Namen erhalten."),
        ("Compte piraté", "Mon compte a été piraté et mon adresse changée."),
        ("Fraude", "Han hecho un acceso no autorizado a mi cuenta."),
    ],
    "privacy": [
        ("GDPR request", "Please send me a copy of my data and then delete my data."),
        ("Datenauskunft", "Nach DSGVO verlange ich Auskunft über meine personenbezogenen Daten."),
        ("RGPD", "Veuillez supprimer mes données personnelles."),
        ("Protección de datos", "Solicito eliminar mis datos personales."),
    ],
    "hr": [
        ("Payslip", "My payslip for April is missing in the portal."),
        ("Urlaubsantrag", "Wie viel Resturlaub habe ich noch?"),
        ("Congés", "Où puis-je demander mes congés payés ?"),
        ("Nómina", "No he recibido la nómina de este mes."),
    ],
    "it_request": [
        ("New laptop", "A new colleague starts Monday, we need a laptop and a headset."),
        ("Zugriff", "Bitte Berechtigung für das Netzlaufwerk S: einrichten."),
        ("Accès", "J'ai besoin des droits d'accès au dossier partagé Ventes."),
        ("Impresora", "Necesitamos una impresora nueva y acceso a la carpeta compartida."),
    ],
    "sales": [
        ("Pricing", "Could you send a quotation for 50 seats? Is there a discount?"),
        ("Angebot", "Was kostet das Paket für 20 Personen? Bitte ein Angebot."),
        ("Devis", "Pouvez-vous m'envoyer un devis pour 10 postes ?"),
        ("Presupuesto", "¿Cuánto cuesta la versión para empresas?"),
    ],
    "feature_request": [
        ("Suggestion", "It would be great if the calendar had week numbers. Please add it."),
        ("Vorschlag", "Es wäre schön, wenn man Berichte als PDF bekäme."),
        ("Suggestion", "Ce serait bien d'avoir une nouvelle fonctionnalité d'export."),
        ("Sugerencia", "Sería genial si podrían añadir un modo oscuro."),
    ],
    "general": [
        ("Hello", "Hi there, it's me again. See you!"),
        ("", "ok"),
        ("", ""),
        ("Danke", "Vielen Dank und ein schönes Wochenende"),
    ],
}


def said(triage: Triage, text: str, subject: str = "", **more: Any) -> TicketTriaged:
    event = triage.first(created(text, subject=subject, **more)).said
    assert event is not None
    return event


@pytest.mark.parametrize(
    ("category", "subject", "text"),
    [(category, *request) for category, requests in REQUESTS.items() for request in requests],
)
def test_the_category(shipped: Triage, category: str, subject: str, text: str) -> None:
    assert said(shipped, text, subject).category == category


@pytest.mark.parametrize(
    ("text", "sub_category"),
    [
        ("You charged me twice, the invoice was charged twice", "billing/double_charge"),
        ("Der Betrag wurde doppelt abgebucht", "billing/double_charge"),
        ("My card was declined, payment failed", "billing/payment_failed"),
        ("Ich habe mein Kennwort vergessen", "login/password"),
        ("Mon colis est endommagé", "delivery/damaged"),
        ("My parcel has not arrived", "delivery/None"),
    ],
)
def test_the_sub_category(shipped: Triage, text: str, sub_category: str) -> None:
    event = said(shipped, text)
    assert f"{event.category}/{event.sub_category}" == sub_category


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The printer does not work since this morning", TicketType.INCIDENT),
        ("How do I change the language of the invoice?", TicketType.QUESTION),
        ("Wie kann ich meine Rechnung herunterladen?", TicketType.QUESTION),
        ("Please send me a copy of the invoice", TicketType.SERVICE_REQUEST),
        ("This is a complaint, your delivery service is unacceptable", TicketType.COMPLAINT),
        ("Ich möchte mich über die Lieferung beschweren", TicketType.COMPLAINT),
        ("Je suis très déçu, c'est inacceptable", TicketType.COMPLAINT),
        ("hello", TicketType.SERVICE_REQUEST),
    ],
)
def test_the_type(shipped: Triage, text: str, kind: TicketType) -> None:
    assert said(shipped, text).type is kind


@pytest.mark.parametrize(
    ("text", "tone"),
    [
        ("I am furious, this is outrageous", "angry"),
        ("WHERE IS MY PARCEL I HAVE WAITED FOR WEEKS!!", "angry"),
        ("Ich bin sehr enttäuscht von Ihnen", "annoyed"),
        ("Estoy preocupada por mi pedido", "worried"),
        ("Keep up the good work", "pleased"),
        ("The invoice is missing", None),
    ],
)
def test_the_tone(shipped: Triage, text: str, tone: str | None) -> None:
    assert said(shipped, text).tone == tone


@pytest.mark.parametrize(
    ("text", "more", "priority"),
    [
        ("Please send the invoice again", {}, Priority.MEDIUM),
        ("URGENT: please send the invoice", {}, Priority.HIGH),
        ("Please send the invoice, it is not urgent", {}, Priority.LOW),
        ("Rechnung bitte, eilt nicht", {}, Priority.LOW),
        ("The website is down, nobody can work", {}, Priority.CRITICAL),
        ("It would be nice to have a dark mode, please add it", {}, Priority.LOW),
        ("It would be nice, please add it, urgent!", {"requester": {"vip": True}}, Priority.MEDIUM),
        ("My account was hacked", {}, Priority.CRITICAL),
        ("invoice", {"requester": {"vip": True}}, Priority.HIGH),
        ("invoice", {"requester": {"tier": Tier.ENTERPRISE}}, Priority.HIGH),
        ("invoice", {"requester": {"tier": Tier.FREE}}, Priority.LOW),
        ("The export does not work for all users, error 500", {}, Priority.HIGH),
        ("I will talk to my lawyer about the invoice", {}, Priority.HIGH),
        ("invoice", {"priority": Priority.CRITICAL}, Priority.HIGH),
        ("invoice", {"priority": Priority.LOW}, Priority.LOW),
        (
            "Disk full on db-1",
            {"priority": Priority.CRITICAL, "channel": "alertmanager"},
            Priority.CRITICAL,
        ),
        ("The website is down", {"automatic": Automatic.BOUNCE}, Priority.LOW),
        ("I am out of the office", {"automatic": Automatic.AUTO_REPLY}, Priority.LOW),
    ],
)
def test_the_priority(shipped: Triage, text: str, more: dict[str, Any], priority: Priority) -> None:
    event = said(shipped, text, **more)
    assert event.priority is priority, event.priority_steps


@pytest.mark.parametrize("subject", ["Re: Re: Fwd:", "TKT-12345", "=?utf-8?q??="])
def test_an_empty_subject_of_a_mail_says_nothing(shipped: Triage, subject: str) -> None:
    assert said(shipped, "", subject).category == "general"
