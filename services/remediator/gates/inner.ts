/** Gates that count: how often, how soon, how often in vain. */
import { isSameOpening } from '#model'
import { REBOOTS } from '../state/attempts.ts'
import { type Counted, countedOf, nodeCounted } from '../state/counted.ts'
import { named } from '../state/named.ts'
import { type ActLedger, actKey, type OpenAttempt, type Unended } from '../state/types.ts'
import { besideUnended, runnerOf } from '../state/unended.ts'
import { approvalId } from './approval-id.ts'
import { allows, inWords, notKnown, refuses } from './say.ts'
import type { Question, Said } from './types.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

function actOf({ ledger, opening, rung }: Question): ActLedger | undefined {
  return named(ledger.problems, opening.fingerprint)?.acts[actKey(rung.act)]
}

function counted({ ledger, opening, rung, limits: { breakerTimeoutMs }, nowMs }: Question): Counted {
  return countedOf(ledger, opening.fingerprint, actKey(rung.act), { nowMs, breakerTimeoutMs })
}

/** What of this problem, or of this target, is not settled. */
function openOf({ ledger, opening, rung }: Question): OpenAttempt | undefined {
  return ledger.open.find(
    (each) => each.opening.fingerprint === opening.fingerprint || actKey(each) === actKey(rung.act),
  )
}

/** What was done without a record a reboot forgets: it may have been done in the last moment of the boot before. */
function unknownForMs({ isUnrecorded, truth, rung }: Question): number {
  return isUnrecorded ? rung.cooldownMs - truth.nodeUpMs : 0
}

/**
 * Long enough since it was last done about this problem, and to this target. As often as it would be done in vain there about others, it waits
 * for as long as a breaker stands.
 */
export function cooldown(question: Question): Said {
  const { ledger, rung, limits, nowMs } = question
  const open = openOf(question)
  if (open !== undefined) return refuses(`attempt ${open.attempt} is not settled yet`)
  const lastMs = Math.max(actOf(question)?.lastAtMs ?? -Infinity, ledger.targets[actKey(rung.act)] ?? -Infinity)
  const untilMs = lastMs + rung.cooldownMs
  const unknownMs = unknownForMs(question)
  if (unknownMs > 0)
    return refuses(
      `it cannot be written down now, nor was it before this boot: its cooldown of ${inWords(rung.cooldownMs)} counts from there`,
      nowMs + unknownMs,
    )
  if (nowMs < untilMs)
    // Kept as a record, it stands for as long: no text that says how long ago.
    return refuses(`it was done, and its cooldown is ${inWords(rung.cooldownMs)}`, untilMs)
  const { ofOthers, triedAtMs } = counted(question)
  const othersUntilMs = triedAtMs + limits.breakerTimeoutMs
  if (ofOthers >= rung.maxAttempts && nowMs < othersUntilMs)
    return refuses(`it failed ${ofOthers} times on ${rung.act.target} about other problems`, othersUntilMs)
  return allows(lastMs === -Infinity ? 'never done before' : `done ${inWords(nowMs - lastMs)} ago`)
}

/**
 * Attempts are left: those whose end was seen. What was declined or not observed hands the turn to no other strategy, nor does what failed
 * about another problem on the same target.
 */
export function attempts(question: Question): Said {
  const { ledger, opening, rung } = question
  const done = actOf(question)?.attempts ?? 0
  if (done >= rung.maxAttempts) return refuses(`${done} of ${rung.maxAttempts} attempts are used up`)
  const isExhausted = named(ledger.problems, opening.fingerprint)?.isExhausted ?? false
  if (isExhausted && actOf(question) !== undefined) return refuses('every strategy was tried: it is left to people')
  return allows(`${done} of ${rung.maxAttempts} attempts used`)
}

/** So many failures in a row end it for a while; after that one attempt may show whether it works again, and if it does not, that while begins anew. */
function judged(failures: number, triedAtMs: number, { limits, nowMs }: Question): Said {
  if (failures < limits.breakerThreshold) return allows(`${failures} failures in a row`)
  const untilMs = triedAtMs + limits.breakerTimeoutMs
  if (nowMs < untilMs) return refuses(`failed ${failures} times in a row`, untilMs)
  return allows(`failed ${failures} times in a row; one attempt shows whether it works again`)
}

/** Of this act for this problem, and on this target. */
export function breaker(question: Question): Said {
  const { failures, triedAtMs } = counted(question)
  return judged(failures, triedAtMs, question)
}

/** Of the whole node. Half open it lets exactly one through: nothing else may be unsettled. */
export function nodeBreaker(question: Question): Said {
  const { ledger, limits } = question
  const { count, lastAtMs } = nodeCounted(ledger)
  const said = judged(count, lastAtMs, question)
  const [open] = ledger.open
  if (count >= limits.breakerThreshold && open !== undefined)
    return refuses(`attempt ${open.attempt} shows first whether repairs work again`)
  return said
}

/** Beginnings within a window, and when one more is free. */
function inWindow(starts: readonly number[], limit: number, windowMs: number, nowMs: number): number | undefined {
  const within = starts.filter((atMs) => nowMs - atMs < windowMs)
  if (within.length < limit) return undefined
  return limit === 0 ? Number.POSITIVE_INFINITY : (within[within.length - limit] ?? nowMs) + windowMs
}

function unendedWords({ attempt, strategy, target, opening }: Unended): string {
  const whose = runnerOf({ strategy, target })
  return `attempt ${attempt} on ${target} was called off, and ${whose} has not said that it ended; "node-doctor reset ${opening.fingerprint}" lets go of it`
}

/** One at a time, and none beside one that may run still; and attempts of all repairs together, and reboots among them. */
export function budget({ state, ledger, limits, rung, isDisruptive, nowMs }: Question): Said {
  const running = [...state.ledgers.act.open, ...ledger.open].find(({ endedAtMs }) => endedAtMs === undefined)
  if (running !== undefined) return refuses(`attempt ${running.attempt} runs: one act at a time`)
  const unended = besideUnended(state, { act: rung.act, isDisruptive })
  if (unended !== undefined) return refuses(unendedWords(unended))
  const budgets = [
    {
      name: 'a minute',
      starts: ledger.starts,
      limit: limits.perMinute,
      windowMs: MINUTE_MS,
      isOff: limits.perMinute === 0,
    },
    { name: 'an hour', starts: ledger.starts, limit: limits.perHour, windowMs: HOUR_MS, isOff: false },
    {
      name: 'a day',
      starts: ledger.reboots,
      limit: limits.rebootsPerDay,
      windowMs: DAY_MS,
      isOff: !REBOOTS.has(rung.act.strategy),
    },
  ]
  for (const { name, starts, limit, windowMs, isOff } of budgets) {
    const untilMs = isOff ? undefined : inWindow(starts, limit, windowMs, nowMs)
    if (untilMs !== undefined)
      return refuses(
        `at most ${limit} ${windowMs === DAY_MS ? 'reboots' : 'attempts'} ${name}`,
        Number.isFinite(untilMs) ? untilMs : undefined,
      )
  }
  return allows('within its budgets')
}

/** A person has said yes, where that is asked for. */
export function approval({ limits, rung, state, opening, nowMs, wallMs }: Question): Said {
  if (!limits.approval.includes(rung.act.strategy)) return allows('no approval is asked for')
  const id = approvalId(opening, rung.act)
  const given = state.approvals.find((each) => each.id === id && isSameOpening(each.opening, opening))
  if (given === undefined || given.isUsed) return refuses(`it waits for the approval ${id}`)
  if (given.bootId !== state.bootId) return refuses(`the approval ${id} of ${given.by} was for another boot`)
  if (given.untilMs <= nowMs || given.wallUntilMs <= wallMs) return refuses(`the approval ${id} of ${given.by} is over`)
  return allows(`approved by ${given.by}`)
}

/** The fleet can spare the node. */
export function lease({ lease: known }: Question): Said {
  if (known.kind === 'not-needed') return allows('it disturbs no workload')
  if (known.kind === 'free') return allows('the fleet can spare the node')
  return known.kind === 'held' ? refuses(known.text, known.untilMs) : notKnown(known.text)
}
