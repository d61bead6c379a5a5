"""All that a person may do at her own node, by name: the one list that both clients share.

Every verb raises relto's own errors: Refused with a reference, NotAvailable, Conflict, MalformedInput naming the field,
NotAuthenticated, Unreachable.
"""

from __future__ import annotations

from relto.client import checking_containers, flows, streaming
from relto.client import courier as courier_files
from relto.client.calls import (
    agreement,
    courier,
    labels,
    organisation,
    overlays,
    records,
    registers,
    releases,
    rule_book,
    rule_impact,
    rule_proofs,
    sign_in,
    third_party,
    withdrawals,
)
from relto.client.calls import alignment as shared_record
from relto.client.calls import alignment_exchange as exchange_calls
from relto.client.calls import alignment_meetings as meeting_calls
from relto.client.calls import alignment_signatures as signature_calls
from relto.client.calls import dossier_papers as paper_calls
from relto.client.calls import dossier_statistics as statistics_calls
from relto.client.calls import dossiers as dossier_calls
from relto.client.calls import items as documents
from relto.client.calls import law_changes as law_calls
from relto.client.calls import measures as measure_calls
from relto.client.calls import proposals as proposal_calls
from relto.client.calls import reconciliations as comparisons
from relto.client.calls import templates as template_calls
from relto.client.calls import waiting as queues
from relto.client.verbs import flow, verb


class Verbs:
    """The methods of both clients."""

    # The node, and who I am here.
    node = flow(flows.node)
    me = verb(organisation.me)

    # The registrar's work.
    register_company = verb(organisation.register_company)
    companies = verb(organisation.companies)
    register_facility = verb(organisation.register_facility)
    facilities = verb(organisation.facilities)
    add_person = verb(organisation.add_person)
    people = verb(organisation.people)
    grant_role = verb(organisation.grant_role)
    issue_credential = verb(organisation.issue_credential)
    credentials = verb(organisation.credentials)
    revoke_credential = verb(organisation.revoke_credential)
    open_account = verb(organisation.open_account)
    sign_in_link = verb(organisation.sign_in_link)
    sessions = verb(sign_in.sessions)
    end_sessions = verb(sign_in.end_sessions)
    bindings = verb(sign_in.bindings)
    bind = verb(sign_in.bind)
    unbind = verb(sign_in.unbind)
    ask_role_change = verb(sign_in.ask_role_change)
    role_changes = verb(sign_in.role_changes)
    confirm_role_change = verb(sign_in.confirm_role_change)
    decline_role_change = verb(sign_in.decline_role_change)
    ask_emergency = verb(sign_in.ask_emergency)
    emergencies = verb(sign_in.emergencies)
    confirm_emergency = verb(sign_in.confirm_emergency)
    end_emergency = verb(sign_in.end_emergency)
    personal_tokens = verb(sign_in.personal_tokens)
    revoke_personal_token = verb(sign_in.revoke_personal_token)
    register_programme = verb(organisation.register_programme)
    programmes = verb(organisation.programmes)
    assign_member = verb(organisation.assign_member)

    # Between the authorities.
    submit_bundle = verb(agreement.submit_bundle)
    active_bundle = verb(agreement.active_bundle)
    active_bundle_file = flow(agreement.active_bundle_file)
    prove_draft = verb(rule_proofs.prove_draft)
    proof_of_bundle = verb(rule_proofs.proof_of_bundle)
    rules = verb(rule_book.rules)
    decisions = verb(rule_book.decisions)
    decision = verb(rule_book.decision)
    decision_as_of = verb(rule_book.decision_as_of)
    weigh_draft = verb(rule_impact.weigh_draft)
    replay_under_draft = verb(rule_impact.replay_under_draft)
    # The working group's shared record.
    alignment = verb(shared_record.alignment)
    alignment_entry = verb(shared_record.alignment_entry)
    coverage = verb(shared_record.coverage)
    state_relation = verb(shared_record.state_relation)
    state_divergence = verb(shared_record.state_divergence)
    comment_alignment = verb(shared_record.comment_alignment)
    note_alignment = verb(shared_record.note_alignment)
    export_alignment = flow(exchange_calls.export_alignment)
    import_alignment = verb(exchange_calls.import_alignment)
    measures = verb(measure_calls.measures)
    annual_report = flow(measure_calls.annual_report)
    meetings = verb(meeting_calls.meetings)
    meeting = verb(meeting_calls.meeting)
    next_meeting = verb(meeting_calls.next_meeting)
    joint_decisions = verb(meeting_calls.joint_decisions)
    plan_meeting = verb(meeting_calls.plan_meeting)
    meeting_offers = verb(meeting_calls.meeting_offers)
    set_agenda = verb(meeting_calls.set_agenda)
    write_minutes = verb(meeting_calls.write_minutes)
    cancel_meeting = verb(meeting_calls.cancel_meeting)
    meeting_paper = flow(meeting_calls.meeting_paper)
    meeting_calendar = flow(meeting_calls.meeting_calendar)
    actions = verb(meeting_calls.actions)
    action = verb(meeting_calls.action)
    state_action = verb(meeting_calls.state_action)
    close_action = verb(meeting_calls.close_action)
    action_list = flow(meeting_calls.action_list)
    roadmap = verb(meeting_calls.roadmap)
    sign_alignment = verb(signature_calls.sign_alignment)
    signatures = verb(signature_calls.signatures)
    proposals = verb(proposal_calls.proposals)
    proposal = verb(proposal_calls.proposal)
    propose = verb(proposal_calls.propose)
    withdraw_proposal = verb(proposal_calls.withdraw_proposal)
    take_position = verb(proposal_calls.take_position)
    resolve_comment = verb(proposal_calls.resolve_comment)
    prove_proposal = verb(proposal_calls.prove_proposal)
    weigh_proposal = verb(proposal_calls.weigh_proposal)
    attach_rehearsal = verb(proposal_calls.attach_rehearsal)
    proposal_draft = flow(proposal_calls.proposal_draft)
    law_texts = verb(law_calls.law_texts)
    law_changes = verb(law_calls.law_changes)
    law_change = verb(law_calls.law_change)
    state_law_change = verb(law_calls.state_law_change)
    answer_consultation = verb(law_calls.answer_consultation)
    end_consultation = verb(law_calls.end_consultation)
    law_notice = flow(law_calls.law_notice)
    # Joint templates.
    templates = verb(template_calls.templates)
    template = verb(template_calls.template)
    template_drafts = verb(template_calls.template_drafts)
    propose_draft = verb(template_calls.propose_draft)
    propose_template = verb(template_calls.propose_template)
    compare_templates = verb(template_calls.compare_templates)
    make_document = verb(template_calls.make_document)
    validate_document = verb(template_calls.validate_document)
    template_paper = flow(template_calls.template_paper)

    # National overlays.
    submit_overlay = verb(overlays.submit_overlay)
    overlays = verb(overlays.overlays)
    bundle_history = verb(agreement.bundle_history)
    bundle_changes = verb(agreement.bundle_changes)
    bundle_file = flow(agreement.bundle_file)
    submit_statement = verb(agreement.submit_statement)
    authority_statements = verb(agreement.authority_statements)
    give_assurance = verb(agreement.give_assurance)
    assurances = verb(agreement.assurances)
    renew_assurance = verb(agreement.renew_assurance)
    revoke_assurance = verb(agreement.revoke_assurance)
    record_authorisation = verb(agreement.record_authorisation)
    authorisations = verb(agreement.authorisations)

    # What waits, and search.
    waiting = verb(queues.waiting)
    search = verb(queues.search)
    may_share = verb(queues.may_share)

    # Documents.
    seal = flow(flows.seal)
    seal_stream = flow(flows.seal_stream)
    submit = flow(flows.submit)
    announce = verb(documents.announce)
    hand_in_container = flow(flows.hand_in_container)
    service_key = flow(flows.service_key)
    items = verb(documents.items)
    item = verb(documents.item)
    may_open = verb(documents.may_open)
    download_container = flow(flows.download_container)
    open_item = flow(flows.open_item)
    open_container = flow(flows.open_container)
    check_container = flow(checking_containers.check_container)
    stream_item = flow(streaming.stream_item)
    stream_container = flow(streaming.stream_container)

    # Releases and arrivals.
    request_release = verb(releases.request_release)
    cases = verb(releases.cases)
    case = verb(releases.case)
    decide_case = verb(releases.decide_case)
    arrivals = verb(releases.arrivals)
    arrival = verb(releases.arrival)
    decide_arrival = verb(releases.decide_arrival)

    # Withdrawals and suspensions.
    withdraw_release = verb(withdrawals.withdraw_release)
    withdraw_co_release = verb(withdrawals.withdraw_co_release)
    record_disposition = verb(withdrawals.record_disposition)
    withdraw_authorisation = verb(withdrawals.withdraw_authorisation)
    consequences = verb(withdrawals.consequences)
    suspend = verb(withdrawals.suspend)
    reinstate = verb(withdrawals.reinstate)
    affected = verb(withdrawals.affected)
    end_membership = verb(withdrawals.end_membership)

    # Third parties.
    request_third_party = verb(third_party.request_third_party)
    third_party_requests = verb(third_party.third_party_requests)
    third_party_request = verb(third_party.third_party_request)
    forward_third_party = verb(third_party.forward_third_party)
    decide_third_party = verb(third_party.decide_third_party)
    withdraw_consent = verb(third_party.withdraw_consent)
    retransfer = verb(third_party.retransfer)
    may_retransfer = verb(third_party.may_retransfer)

    # Procedures.
    procedures = verb(dossier_calls.procedures)
    procedure = verb(dossier_calls.procedure)
    dossiers = verb(dossier_calls.dossiers)
    dossier_queue = verb(dossier_calls.dossier_queue)
    begin_dossier = verb(dossier_calls.begin_dossier)
    check_dossier_form = verb(dossier_calls.check_dossier_form)
    dossier = verb(dossier_calls.dossier)
    write_dossier = verb(dossier_calls.write_dossier)
    dossier_amendments = verb(dossier_calls.dossier_amendments)
    dossier_findings = verb(dossier_calls.dossier_findings)
    take_dossier_step = verb(dossier_calls.take_dossier_step)
    dossier_statistics = verb(statistics_calls.dossier_statistics)
    form_schema = verb(paper_calls.form_schema)
    import_dossier = verb(paper_calls.import_dossier)
    take_over_records = verb(paper_calls.take_over_records)
    open_calendar_feed = verb(paper_calls.open_calendar_feed)
    close_calendar_feed = verb(paper_calls.close_calendar_feed)
    begin_mail_notices = verb(paper_calls.begin_mail_notices)
    end_mail_notices = verb(paper_calls.end_mail_notices)
    export_dossier = flow(paper_calls.export_dossier)
    dossier_paper = flow(paper_calls.dossier_paper)

    # By courier.
    make_courier_bundle = verb(courier.make_courier_bundle)
    courier_bundles = verb(courier.courier_bundles)
    courier_bundle = verb(courier.courier_bundle)
    export_courier_bundle = flow(courier_files.export_courier_bundle)
    import_courier_bundle = flow(courier_files.import_courier_bundle)
    overdue_receipts = verb(courier.overdue_receipts)
    media = verb(courier.media)
    record_medium = verb(courier.record_medium)

    # The books.
    register = verb(records.register)
    holdings = verb(registers.holdings)
    holding = verb(registers.holding)
    record_copy = verb(registers.record_copy)
    reproduce = verb(registers.reproduce)
    record_translation = verb(registers.record_translation)
    item_copy = verb(registers.item_copy)
    take_copy_step = verb(registers.take_copy_step)
    inventories = verb(registers.inventories)
    inventory = verb(registers.inventory)
    open_inventory = verb(registers.open_inventory)
    check_copy = verb(registers.check_copy)
    sign_inventory = verb(registers.sign_inventory)
    custody = verb(registers.custody)
    refusal = verb(records.refusal)
    replay_decision = verb(records.replay_decision)
    replay_period = verb(rule_impact.replay_period)
    what_if = verb(rule_impact.what_if)
    import_recovery = verb(records.import_recovery)
    recoveries = verb(records.recoveries)
    ledger = verb(records.ledger)
    entry = verb(records.entry)
    reconcile = verb(comparisons.reconcile)
    reconciliations = verb(comparisons.reconciliations)
    reconciliation = verb(comparisons.reconciliation)
    reconciliation_certificate = flow(comparisons.reconciliation_certificate)
    export_ledger = flow(flows.export_ledger)

    # Labels and markings.
    parse_marking = verb(labels.parse_marking)
    render_marking = verb(labels.render_marking)
    join_labels = verb(labels.join_labels)
    map_label = verb(labels.map_label)
    convert_label = verb(labels.convert_label)
    answer_label_lines = verb(labels.answer_label_lines)
