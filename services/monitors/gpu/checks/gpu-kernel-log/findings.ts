/** From what stands to what is told. Pure. */
import { type ConditionKey, compareSeverity, conditionKey } from '#model'
import type { Finding, Happening } from '#monitor-kit'
import { plural } from '#monitor-kit/evaluate'
import { type Card, entityOf, subjectOf } from '../../cards/card.ts'
import { CONDITIONS } from '../../conditions.ts'
import { healthOf } from '../../health.ts'
import type { Told } from '../../kernel/outcome.ts'
import { modeOf, type Rulings, siteActionOf } from '../../kernel/rulings.ts'
import type { Device, Fault, LogState } from '../../kernel/state.ts'

/** Who is at a place. */
export interface Placed {
  at(place: string): Card
  all(): readonly Card[]
}

/** What is told by. */
export interface View {
  readonly cards: Placed
  readonly rulings: Rulings
  /** What was over in this life, and by what: what is well by proof. */
  readonly settled: ReadonlyMap<string, Settled>
  /** A GPU whose UUID nobody has told is called by its place by now. */
  readonly isSettled: boolean
  /** What other checks found ill last. */
  readonly others: readonly Finding[]
}

/** Something that was raised, and is over. */
export interface Settled {
  readonly type: string
  readonly entity: string
  readonly subject: string | undefined
  readonly by: string
}

/** Of faults that a message names; the others are counted. */
const NAMED_MAX = 4
const XID = 'GPUXidError'
const HEALTH = 'GPUHealthy'

/** What proves it gone, for people. */
const GONE: Readonly<Record<Fault['proof'], string>> = {
  // The condition itself says so.
  reset: '',
  reboot: ' Over by a reboot, the driver’s word that nothing is to be done any more, or a person’s word.',
  replacement: ' Over once another GPU is in its place, or by a person’s word; a reboot did not help.',
  quiet: ' Over when it is not told for 10 min.',
  process: ' Over when the process goes on, or has ended.',
}

/** What a fault is told of: by its own card, where that is known. */
export function entityOfDevice({ kind, place }: Device, cards: Placed, uuid?: string): string {
  if (kind === 'node') return ''
  return kind === 'nvswitch' ? `nvswitch:${place}` : entityOf({ place, uuid: uuid ?? cards.at(place).uuid })
}

/** "GPU 3, H200", "NVSwitch 0"; undefined: the node. */
export function subjectOfDevice({ kind, place, number }: Device, cards: Placed): string | undefined {
  if (kind === 'node') return undefined
  return kind === 'nvswitch' ? `NVSwitch ${number ?? place}` : subjectOf(cards.at(place))
}

function sentence({ what, details, said, count, later, lastMs }: Fault): string {
  const more = details.length === 0 ? '' : ` (${details.join(', ')})`
  const often = count > 1 ? `, ${count} times, the last` : ','
  const follow = later === 0 ? '' : `; ${plural(later, 'later XID follows', 'later XIDs follow')} from it`
  return `${what}${more}${often} at ${new Date(lastMs).toISOString().slice(0, 19)}Z${said === '' ? '' : `: ${said.replace(/\.+$/, '')}`}${follow}`
}

/** The gravest first; what is acted on before what is not. */
function sorted(faults: readonly Fault[], rulings: Rulings): readonly Fault[] {
  const isActed = (fault: Fault) => Number(modeOf(fault, rulings) !== 'observe')
  return faults.toSorted(
    (a, b) => isActed(b) - isActed(a) || compareSeverity(b.severity, a.severity) || b.lastBootMs - a.lastBootMs,
  )
}

/** The finding of what stands of one condition of one device. */
function problemOf(faults: readonly Fault[], { cards, rulings }: View): Finding {
  const all = sorted(faults, rulings)
  const worst = all[0] as Fault
  const { type, device, severity, reason, proof, what, uuid, firstMs } = worst
  const action = siteActionOf(worst, rulings) ?? worst.action
  const subject = subjectOfDevice(device, cards)
  const more = all.length > NAMED_MAX ? ` And ${all.length - NAMED_MAX} more.` : ''
  const message = `${all.slice(0, NAMED_MAX).map(sentence).join('. ')}.${GONE[proof]}${more}`
  return {
    type,
    entity: entityOfDevice(device, cards, uuid),
    health: 'problem',
    severity,
    reason,
    message,
    summary: what,
    since: new Date(firstMs),
    ...(action !== 'none' && { action }),
    ...(modeOf(worst, rulings) === 'observe' && { observeOnly: true }),
    ...(subject !== undefined && { subject }),
  }
}

function problems(state: LogState, view: View): Map<string, Finding> {
  const groups = new Map<string, Fault[]>()
  for (const fault of state.faults) {
    if (modeOf(fault, view.rulings) === 'off') continue
    const key = conditionKey(fault.type, entityOfDevice(fault.device, view.cards, fault.uuid))
    groups.set(key, [...(groups.get(key) ?? []), fault])
  }
  return new Map([...groups].map(([key, faults]) => [key, problemOf(faults, view)]))
}

/** Conditions of what stands and is not told, since the configuration says so, and of which nothing else is told. */
export function silencedOf(
  state: LogState,
  { cards, rulings }: Pick<View, 'cards' | 'rulings'>,
): readonly ConditionKey[] {
  const isOff = (fault: Fault) => modeOf(fault, rulings) === 'off'
  const keyOf = ({ type, device, uuid }: Fault) => ({ type, entity: entityOfDevice(device, cards, uuid) })
  return state.faults.filter(isOff).map(keyOf)
}

/** The word on a card of which no XID stands: without proof that none was told it is none. */
function withoutXid(card: Card, { isWhole, known }: LogState): Finding {
  const { healthyReason = '', healthyMessage = '' } = CONDITIONS.get(XID) ?? {}
  const common = { type: XID, entity: entityOf(card), subject: subjectOf(card), health: 'healthy' } as const
  if (isWhole || known.includes(card.place)) return { ...common, reason: healthyReason, message: healthyMessage }
  const message = 'no XID in what is left of the kernel’s log; what it said between the boot and then is lost'
  return { ...common, reason: 'LogNotWhole', message, pending: true }
}

function overOf({ type, entity, subject, by }: Settled): Finding {
  const reason = CONDITIONS.get(type)?.healthyReason ?? ''
  return { type, entity, health: 'healthy', reason, message: `over: ${by}`, ...(subject !== undefined && { subject }) }
}

/** Those of which nothing else is said. */
function namedCards({ cards, isSettled }: View): readonly Card[] {
  return cards.all().filter(({ uuid }) => isSettled || uuid !== undefined)
}

/** All that is known, each condition once. Of what others see better nothing is said but what stands, and what is over. */
export function findingsOf(state: LogState, view: View): readonly Finding[] {
  const found = problems(state, view)
  const say = (finding: Finding): void => {
    const key = conditionKey(finding.type, finding.entity ?? '')
    if (!found.has(key)) found.set(key, finding)
  }
  for (const one of view.settled.values()) if (one.type !== HEALTH) say(overOf(one))
  for (const card of namedCards(view)) say(withoutXid(card, state))
  const wellMessage = 'the kernel’s log says nothing against a GPU'
  const health = healthOf([...found.values()], { wellMessage, others: view.others })
  const isKnown = state.isWhole || view.settled.size > 0
  const isSaid = health.health === 'problem' || (isKnown && found.size > 0)
  return [...found.values(), ...(isSaid ? [health] : [])]
}

/** What is not known while the log cannot be read: of what stands it is known that it was told. */
export function unreadableOf(
  state: LogState,
  view: View,
  words: { reason: string; message: string },
): readonly Finding[] {
  const found = problems(state, view)
  const standing = [...found.values()]
  const say = (finding: Finding): void => {
    const key = conditionKey(finding.type, finding.entity ?? '')
    if (!found.has(key)) found.set(key, finding)
  }
  for (const { type, entity, subject } of view.settled.values())
    if (type !== HEALTH) say({ type, entity, subject, health: 'unknown', ...words })
  for (const card of namedCards(view))
    say({ type: XID, entity: entityOf(card), subject: subjectOf(card), health: 'unknown', ...words })
  if (found.size === 0) say({ type: XID, health: 'unknown', ...words })
  // What is against the GPUs stands; that nothing is, is not known any more where it was.
  const health = healthOf(standing, { unseen: { ok: false, ...words }, wellMessage: '', others: view.others })
  const isSaid = health.health === 'problem' || state.isWhole || view.settled.size > 0
  return [...found.values(), ...(isSaid ? [health] : [])]
}

/** What happened, as an event that is the same one whenever it is told. */
export function happeningOf(told: Told, cards: Placed, { at, key }: { at: Date; key: string }): Happening {
  const { reason, severity, device, what, said } = told
  const subject = subjectOfDevice(device, cards)
  const message = `${subject === undefined ? '' : `${subject}: `}${what}${said === '' ? '' : `: ${said}`}`
  return { reason, severity, message, entity: entityOfDevice(device, cards), at, key: `${key} ${reason}` }
}
