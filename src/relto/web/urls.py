"""The portal's paths. Ids are opaque; no title and no level stands in a URL."""

from __future__ import annotations

from allauth.account import views as account
from django.urls import URLPattern, URLResolver, include, path

from relto.web import failures
from relto.web.language import in_each_language
from relto.web.views import (
    about,
    arrivals,
    assurances,
    authorisations,
    cases,
    company,
    courier,
    custody,
    decisions,
    desk,
    documents,
    entrance,
    holdings,
    inventories,
    labels,
    ledger,
    node,
    people,
    programmes,
    reconcile,
    recoveries,
    register,
    rule_history,
    rule_impact,
    rule_proofs,
    rules,
    seal,
    third_party,
)

_ACCOUNT: list[URLPattern | URLResolver] = [
    path("", entrance.account, name="account"),
    path("sign-in/", account.login, name="account_login"),
    path("sign-out/", account.logout, name="account_logout"),
    path("sign-up/", account.signup, name="account_signup"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("password/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("factors/", include("allauth.mfa.urls")),
]

_PAGES: list[URLPattern | URLResolver] = [
    path("", entrance.home, name="home"),
    path("account/", include(_ACCOUNT)),
    path("documents/", documents.mine, name="documents"),
    path("documents/<str:item>/", documents.may_it_open, name="document"),
    path("documents/<str:item>/container/", documents.download, name="container"),
    path("documents/<str:item>/ask/", documents.ask, name="ask_open"),
    path("documents/<str:item>/third-party/", third_party.ask, name="ask_third_party"),
    path("documents/<str:item>/release/", company.ask_release, name="ask_release"),
    path("seal/", seal.seal, name="seal"),
    path("company/", company.today, name="company"),
    path("company/refusals/<str:reference>/", company.refusal, name="refusal"),
    path("company/register/", holdings.holdings, name="company_register"),
    path("company/register/items/<str:item>/", holdings.item, name="register_item"),
    path("company/register/items/<str:item>/<str:what>/", holdings.new, name="register_new"),
    path("company/register/copies/<str:copy>/", holdings.copy, name="register_copy"),
    path("company/register/copies/<str:copy>/<str:step>/", holdings.step, name="register_step"),
    path("company/inventories/", inventories.inventories, name="inventories"),
    path("company/inventories/<str:inventory>/", inventories.inventory, name="inventory"),
    path("custody/<str:item>/", custody.custody, name="custody"),
    path("custody/<str:item>/chain.json", custody.chain, name="custody_chain"),
    path("custody/<str:item>/<str:copy>/", custody.custody, name="custody_copy"),
    path("desk/", desk.next_decision, name="desk"),
    path("desk/queue/", desk.queue, name="queue"),
    path("cases/<str:case>/", cases.case, name="case"),
    path("cases/<str:case>/withdraw/", cases.withdraw, name="withdraw"),
    path("third-party/", third_party.requests, name="third_party"),
    path("third-party/<str:third_party>/", third_party.one, name="third_party_request"),
    path("third-party/<str:third_party>/withdraw/", third_party.withdraw, name="withdraw_consent"),
    path("arrivals/<str:arrival>/", arrivals.arrival, name="arrival"),
    path("arrivals/<str:arrival>/withdraw/", arrivals.withdraw, name="withdraw_joint"),
    path("labels/", labels.markings, name="labels"),
    path("register/", register.register, name="register"),
    path("reconcile/", reconcile.overview, name="reconcile"),
    path("reconcile/<str:programme>/", reconcile.programme, name="reconcile_programme"),
    path(
        "reconcile/<str:programme>/<str:run>/certificate.<str:form>",
        reconcile.certificate,
        name="reconcile_certificate",
    ),
    path("recoveries/", recoveries.recoveries, name="recoveries"),
    path("ledger/", ledger.ledger, name="ledger"),
    path("ledger/export/", ledger.export, name="ledger_export"),
    path("assurances/", assurances.assurances, name="assurances"),
    path("assurances/<str:assurance>/renew/", assurances.renew, name="renew"),
    path("assurances/<str:assurance>/revoke/", assurances.revoke, name="revoke"),
    path("assurances/<str:assurance>/affected/", assurances.affected, name="affected"),
    path("authorisations/", authorisations.authorisations, name="authorisations"),
    path("authorisations/record/", authorisations.record, name="record_authorisation"),
    path("authorisations/<str:authorisation>/", authorisations.one, name="authorisation"),
    path("authorisations/<str:authorisation>/withdraw/", authorisations.withdraw, name="withdraw_authorisation"),
    path("people/", people.people, name="people"),
    path("people/<str:kind>/<str:subject>/", people.standing, name="subject"),
    path("programmes/", programmes.programmes, name="programmes"),
    path("programmes/<str:programme>/<str:person>/", programmes.member, name="member"),
    path("node/", node.node, name="node"),
    path("node/courier/", courier.courier, name="courier"),
    path("node/courier/<str:partner>/<int:number>/", courier.bundle_file, name="courier_file"),
    path("decisions/", decisions.decisions, name="decisions"),
    path("decisions/<str:reference>/", decisions.decision, name="decision"),
    path("decisions/<str:reference>/as-of/", decisions.as_of, name="as_of"),
    path("rules/", rules.rules, name="rules"),
    path("rules/proof/", rule_proofs.prove, name="rule_proof"),
    path("rules/impact/", rule_impact.impact, name="rule_impact"),
    path("rules/history/", rule_history.history, name="rule_history"),
    path("rules/history/<int:version>/", rule_history.changes, name="rule_changes"),
    path("rules/<str:entry>/", rules.entry, name="rule_entry"),
    path("marks/", about.marks, name="marks"),
    path("accessibility/", about.accessibility, name="accessibility"),
    path("shortcuts/", about.shortcuts, name="shortcuts"),
    path("print/<str:kind>/<str:identity>.css", about.print_marking, name="print_marking"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", entrance.front, name="front"),
    path("sign-in/<str:token>", entrance.sign_in_link, name="sign_in_link"),
    in_each_language(_PAGES),
]

# For the root URL configuration: the pages of what goes wrong.
handler400 = failures.bad_request
handler403 = failures.not_available
handler404 = failures.not_available
handler500 = failures.server_error
