/** Plug-ins that break one rule each. */
import type { ConditionStatus, Event, Status } from '#proto/npd/external/v1/external_monitor.ts'
import type { ExternalScript } from './testing-external.ts'
import type { MonitorScript } from './testing-monitor.ts'
import type { Script } from './testing-plugin.ts'
import type { Asked } from './types.ts'

/** A plug-in, how it is asked, and what is said of the one rule that it breaks. */
export interface Broken {
  readonly script: Script
  readonly asked?: Partial<Asked>
  readonly detail: string
}

const NEVER_MS = { timeoutMs: 400 }

function external(script: ExternalScript, detail: string, asked: Partial<Asked> = {}): Broken {
  return { script: { external: script }, detail, asked }
}

function monitor(script: MonitorScript, detail: string, asked: Partial<Asked> = {}): Broken {
  return { script: { monitor: script }, detail, asked }
}

function event(more: Partial<Event>): ExternalScript {
  return { answer: (status) => ({ ...status, events: status.events.map((one) => ({ ...one, ...more })) }) }
}

/** Of one call alone, by its number. */
function nth(number: number, change: (status: Status) => Status | { code: number; details: string }): ExternalScript {
  return { answer: (status, asked) => (asked.number === number ? change(status) : status) }
}

const NOW = new Date()
const HOUR_MS = 3_600_000
const AHEAD = new Date(Date.UTC(2999, 0, 1))
const OLD = new Date(Date.UTC(2001, 0, 1))
const ONE_LINE = 'say one clean line of at most 1024 characters'
/** The first of two calls at once. */
const FIRST_OF_TWO = 3
/** The call behind the pause. */
const IDLE_CALL = 13

const OF_EXTERNAL: Readonly<Record<string, Broken>> = {
  protocol: {
    script: {},
    detail:
      'it speaks neither: The server does not implement the method /npd.external.v1.ExternalMonitor/CheckHealth; serve npd.external.v1.ExternalMonitor or nodedoctor.v1.Monitor without TLS',
  },
  'socket-mode': {
    script: { external: {}, mode: 0o666 },
    detail: 'mode 0666 lets every user of the machine in; chmod 0660 it before it is in its place',
  },
  'socket-group': {
    script: { external: {}, mode: 0o600 },
    detail: 'mode 0600 does not let its group read and write; chmod 0660 it',
  },
  metadata: external(
    { metadata: { code: 13, details: 'not yet' } },
    'GetMetadata failed: INTERNAL: not yet; answer it at any time, without waiting for a check',
  ),
  'metadata-name': external(
    { metadata: { name: 'gpu monitor' }, answer: (status) => ({ ...status, source: 'gpu monitor' }) },
    'GetMetadata says the name "gpu monitor"; say one of letters, digits, ".", "_" and "-", at most 63, the first a letter or digit',
  ),
  'metadata-version': external(
    { metadata: { version: '' } },
    'GetMetadata says no version; say one such as "1.4.0", at most 64 characters',
  ),
  'metadata-api-version': external(
    { metadata: { apiVersion: '1.0' } },
    'GetMetadata says the api_version "1.0"; say "v1"',
  ),
  'metadata-conditions': external(
    { metadata: { supportedConditions: ['GPUHot', 'GPUHealthy', 'GPUHot'] } },
    'GetMetadata names GPUHot twice; declare each once, of letters, digits, ".", "_", "/" and "-", at most 63, the first a letter or digit',
  ),
  declared: external(
    { metadata: { supportedConditions: ['GPUHealthy'] } },
    'CheckHealth tells of "GPUHot", which it does not declare; declare every type that may ever be told',
  ),
  source: external(
    { answer: (status) => ({ ...status, source: 'card' }) },
    'CheckHealth says the source "card", GetMetadata the name "gpu"; say the same in both',
  ),
  'check-health': external(
    { answer: () => ({ code: 13, details: 'no card' }) },
    'CheckHealth failed: INTERNAL: no card; answer with the status UNKNOWN and a reason where nothing can be seen',
  ),
  deadline: external(
    { answer: () => 'hang' },
    'CheckHealth was not answered within 0.4 s; answer with what was last seen, and look in the background; or ask with a longer --timeout, as the configuration does',
    NEVER_MS,
  ),
  'two-at-once': external(
    {
      answer: (status, { number, others, joined }) => {
        if (others > 0) return { code: 8, details: 'busy' }
        return number === FIRST_OF_TWO ? joined.then(() => status) : status
      },
    },
    'the call failed: RESOURCE_EXHAUSTED: busy; share nothing between calls without a lock, and wait for none',
  ),
  'cancelled-call': external(
    {
      answer: async (status, { number, cancelled, die }) => {
        if (number !== 10) return status
        await cancelled
        die()
        return 'hang'
      },
    },
    'it does not answer any more: UNAVAILABLE: nobody listens; end the call alone, not the process or a lock',
    NEVER_MS,
  ),
  'call-numbers': external(
    {
      answer: (status, { number, sequence }) => (sequence === 1 && number > 1 ? { code: 9, details: '1 was' } : status),
    },
    'the call numbered 1 failed: FAILED_PRECONDITION: 1 was; do not hold calls to their number',
  ),
  'unknown-parameters': external(
    {
      answer: (status, { parameters }) =>
        'node-doctor-conformance' in parameters ? { code: 3, details: 'unknown parameter' } : status,
    },
    'the call failed: INVALID_ARGUMENT: unknown parameter; read the parameters you know, and no others',
  ),
  'absurd-parameters': external(
    {
      answer: (status, { parameters, die }) => {
        if (parameters['limit'] !== 'NaN') return status
        die()
        return 'hang'
      },
    },
    'it does not answer any more: UNAVAILABLE: nobody listens; keep your own value where one cannot be read',
    { ...NEVER_MS, parameters: { limit: '85' } },
  ),
  'unknown-fields': external(
    { answer: (status, { hasUnknownField }) => (hasUnknownField ? { code: 3, details: 'field 1000' } : status) },
    'the call failed: INVALID_ARGUMENT: field 1000; skip fields that you do not know, as generated code does',
  ),
  idle: external(
    nth(IDLE_CALL, () => ({ code: 14, details: 'keepalive timeout' })),
    'CheckHealth failed after 0.005 s without a call: UNAVAILABLE: keepalive timeout; expect no pings, and end no connection on which nothing runs',
  ),
  'status-known': external(
    { condition: { status: 7 as ConditionStatus } },
    'CheckHealth tells "GPUHealthy" with the status 7; say TRUE (1), FALSE (2) or UNKNOWN (3); of nodedoctor.v1 HEALTHY, PROBLEM or UNKNOWN',
  ),
  'condition-type': external(
    { condition: { type: 'GPU healthy' } },
    'CheckHealth tells "GPU healthy" which is not a name; call it as "GPUHealthy" is',
  ),
  'condition-reason': external(
    { condition: { reason: '' } },
    'CheckHealth tells "GPUHealthy" without a reason; say one word for why, as "GPUIsHealthy" is',
  ),
  'reason-camel-case': external(
    { condition: { reason: 'gpu_ok' } },
    'CheckHealth tells "GPUHealthy" with the reason "gpu_ok"; write it as "GPUIsHealthy" is',
  ),
  'condition-message': external(
    { condition: { message: 'hot\u202e' } },
    `CheckHealth tells "GPUHealthy" with a message that has line breaks, control or unseen characters, or white space around it: "hot"; ${ONE_LINE}`,
  ),
  'message-said': external(
    { condition: { message: '' } },
    'CheckHealth tells "GPUHealthy" without a message; say in a sentence what was seen',
  ),
  'condition-once': external(
    { answer: (status) => ({ ...status, conditions: [...status.conditions, ...status.conditions.slice(0, 1)] }) },
    'CheckHealth tells "GPUHealthy" twice in one answer; give each a type of its own, or speak nodedoctor.v1, which has entities',
  ),
  order: external(
    {
      answer: (status, { number }) =>
        number % 2 === 0 ? { ...status, conditions: status.conditions.toReversed() } : status,
    },
    'one answer has them as GPUHealthy, GPUHot, another as GPUHot, GPUHealthy; sort them, or keep them in a list',
  ),
  'whole-answer': external(
    nth(IDLE_CALL, (status) => ({ ...status, conditions: status.conditions.slice(0, 1) })),
    'an answer leaves out "GPUHot", which the one before had; say UNKNOWN for what could not be looked at',
  ),
  'event-severity': external(
    event({ severity: 0 }),
    'CheckHealth tells the event "GPUOverheating" with the severity 0; say INFO (1) or WARN (2); of nodedoctor.v1 also ERROR and CRITICAL',
  ),
  'event-reason': external(
    event({ reason: '' }),
    'CheckHealth tells the event "" whose reason is not a name; say one word for what happened, as "GPUOverheating" is',
  ),
  'event-message': external(
    event({ message: 'hot\nvery hot' }),
    `CheckHealth tells the event "GPUOverheating" with a message that has line breaks, control or unseen characters, or white space around it: "hot very hot"; ${ONE_LINE}`,
  ),
  'time-present': external(
    { condition: { transition: undefined } },
    'CheckHealth tells "GPUHealthy" without a transition; set it',
  ),
  'time-not-1970': external(
    { condition: { transition: new Date(1_700_000_000) } },
    'CheckHealth: "GPUHealthy" says 1970-01-20T16:13:20.000Z, which nobody meant; set it in seconds and nanoseconds since 1970, UTC',
  ),
  'time-not-ahead': external(
    { condition: { transition: AHEAD } },
    'CheckHealth: "GPUHealthy" says 2999-01-01T00:00:00.000Z, which is yet to come; take the time in UTC, not in local time',
  ),
  'event-new': external(
    nth(IDLE_CALL, (status) => ({ ...status, events: status.events.map((one) => ({ ...one, timestamp: OLD })) })),
    'the event "GPUOverheating" is told at NOW and happened at 2001-01-01T00:00:00.000Z; tell what is new since the answer before',
  ),
  'event-once': external(
    event({ timestamp: NOW }),
    `two answers tell the event "GPUOverheating" of ${NOW.toISOString()}; forget it once it was told`,
  ),
  'transition-stable': external(
    {
      answer: (status, { number }) => ({
        ...status,
        conditions: status.conditions.map((one) => ({
          ...one,
          transition: new Date(OLD.getTime() + number * HOUR_MS),
        })),
      }),
    },
    'the transition of "GPUHealthy" went from 2001-01-01T01:00:00.000Z to 2001-01-01T02:00:00.000Z while its status stood; keep it until the status is another',
  ),
  size: external(
    { metadata: { capabilities: { all: 'x'.repeat(1_048_576) } } },
    'an answer has 1048641 bytes; shorten messages, and tell fewer events in an answer',
  ),
  'size-small': external(
    { condition: { message: 'x'.repeat(900) } },
    'an answer has 1045 bytes for 2 conditions; say the number and its limit, and no more',
  ),
  stop: external({ stop: () => ({ code: 2, details: 'no' }) }, 'Stop failed: UNKNOWN: no; answer it, and end then', {
    ...NEVER_MS,
    stop: true,
  }),
  'stop-twice': external(
    {
      stop: ({ end }, number) => {
        if (number === 2) void end()
        return 'hang'
      },
    },
    '2 of 2 calls of Stop at once lost their connection without an answer; answer both: close what ends you once, whoever asks',
    { ...NEVER_MS, stop: true },
  ),
  'stop-cleans': external(
    {
      stop: ({ endInOrder }, number) => {
        if (number === 1) setImmediate(() => void endInOrder(true))
        return {}
      },
    },
    'its socket is still there, and nobody listens; remove it at the end',
    { ...NEVER_MS, stop: true },
  ),
  restart: external(
    {},
    'the command ended with 3: no such unit; remove a socket that nobody listens on before you listen there',
    { restart: 'echo no such unit >&2; exit 3' },
  ),
}

const DRAW = 'draw one at the start, below 2^53, and say it everywhere until the end'

const OF_MONITOR: Readonly<Record<string, Broken>> = {
  'condition-entity': monitor(
    { observation: { entity: 'gpu:\u0007 0' } },
    'Check tells "GPUHot" of the entity "gpu: 0", which is cut or cleaned; say it as "gpu:GPU-3f5a" is',
  ),
  count: monitor(
    { report: (report) => ({ ...report, events: Array.from({ length: 1001 }, () => report.events).flat() }) },
    'Check tells 1001 events at once, and 1000 are taken; tell of what is wrong, and of the rest in one condition',
  ),
  describe: monitor(
    { described: () => ({ code: 13, details: 'not yet' }) },
    'Describe failed: INTERNAL: not yet; answer it at any time, with numbers below 2^53, without waiting for a check',
  ),
  incarnation: monitor(
    { described: (described, number) => ({ ...described, incarnation: number }) },
    `Describe says 1, and then 2; ${DRAW}`,
  ),
  'heartbeat-declared': monitor(
    { described: (described) => ({ ...described, heartbeatIntervalMs: 0 }) },
    'it declares none; declare 1 to 60,000 ms; 5,000 suits most',
  ),
  polarity: monitor(
    {
      described: (described) => ({
        ...described,
        conditionTypes: described.conditionTypes.map((type) => ({ ...type, polarity: 0 })),
      }),
    },
    '"GPUHot" declares the polarity 0; say TRUE_IS_PROBLEM (1) or TRUE_IS_HEALTHY (2)',
  ),
  'checks-declared': monitor(
    {
      described: (described) => ({
        ...described,
        checks: described.checks.map((check) => ({ ...check, conditionTypes: ['GPUHung'] })),
      }),
    },
    'its check "gpus" names "GPUHung", which is none of its types; declare each check once, with types of the same answer',
  ),
  'events-declared': monitor(
    {
      described: (described) => ({
        ...described,
        eventReasons: described.eventReasons.map((reason) => ({ ...reason, reason: 'too hot' })),
      }),
    },
    'it declares the event reason "too hot", which is not a name; declare it as "LinkLost" is, with INFO to CRITICAL',
  ),
  metrics: monitor(
    {
      described: (described) => ({
        ...described,
        metrics: described.metrics.map((metric) => ({ ...metric, kind: 'histogram' })),
      }),
    },
    'it declares the metric "gpu_temperature_celsius" of the kind "histogram"; name it as "disk_used_ratio", kind "gauge" or "counter"',
  ),
  'check-all': monitor(
    { check: (name) => (name === '' ? { code: 12, details: 'of one only' } : undefined) },
    'Check of all failed: UNIMPLEMENTED: of one only; run each, and answer with one report',
  ),
  'check-one': monitor(
    { check: (name) => (name === 'gpus' ? { code: 5, details: 'gpus' } : undefined) },
    'Check of "gpus" failed: NOT_FOUND: gpus; know each check by the name that Describe says',
  ),
  'check-stranger': monitor(
    { check: () => 'answer' },
    'Check of "node-doctor-conformance" is answered; refuse it with NOT_FOUND',
  ),
  watch: monitor(
    { without: ['start'] },
    'Watch: nothing comes; answer its start with what is known, or a heartbeat where there is nothing',
    NEVER_MS,
  ),
  'watch-heartbeat': monitor(
    { without: ['heartbeat'] },
    'nothing came in the 50 ms that it declares, and a second more; send a message without a report',
  ),
  'watch-sequence': monitor({ without: ['order'] }, 'in one stream 1 comes after 2; count each report once'),
  'watch-check': monitor(
    { without: ['news'] },
    'report 3 of Check did not come; tell it as you tell what a turn saw',
    NEVER_MS,
  ),
  'watch-again': monitor(
    { without: ['unacknowledged'] },
    'report 3 was not acknowledged, and the next stream does not bring it; keep each report until it is acknowledged, and send those first',
    NEVER_MS,
  ),
  'watch-acknowledged': monitor(
    { without: ['acknowledgement'] },
    'report 1 comes again, and 4 was acknowledged; forget every report up to the number that is acknowledged',
  ),
  'watch-clear': monitor(
    { onRequest: (request, die) => request?.$case === 'clear' && die() },
    'it does not answer any more: UNAVAILABLE: nobody listens; ignore what you did not latch',
    NEVER_MS,
  ),
  'watch-complete': monitor(
    { report: (report) => ({ ...report, complete: [] }) },
    'no report names a check in complete; name each check there once it has said every condition that it watches',
  ),
  health: {
    script: { monitor: {}, health: 2 },
    detail: 'it says the status 2; say SERVING (1) once you answer',
  },
  reflection: {
    script: { monitor: {}, reflection: [] },
    detail: 'it does not list nodedoctor.v1.Monitor; register it before the server starts',
  },
}

/** By the rule that each breaks; those of the path are tried elsewhere. */
export const BROKEN: Readonly<Record<string, Broken>> = { ...OF_EXTERNAL, ...OF_MONITOR }
