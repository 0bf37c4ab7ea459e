/** What conditions and events say, word by word. */
import { CAMEL_CASE, cleanText, MAX_ENTITY, MAX_MESSAGE } from '#model'
import { isReasonName, isTypeName } from '../limits.ts'
import {
  polledIn,
  type Said,
  type SaidCondition,
  type SaidEvent,
  saidIn,
  verbatimReasons,
  verbatimTypes,
} from '../said.ts'
import type { Facts, Rule, Verdict } from '../types.ts'
import { counted, quoted, skip, unless } from '../verdict.ts'

/** The first condition with a fault, of all that were told; in the words of where. */
function conditions(advice: string, faultOf: (condition: SaidCondition, facts: Facts) => string | undefined) {
  return (facts: Facts): Verdict => {
    const all = saidIn(facts).flatMap(({ where, conditions: told }) => told.map((one) => ({ where, one })))
    if (all.length === 0) return skip('it told of no condition')
    for (const { where, one } of all) {
      const fault = faultOf(one, facts)
      if (fault !== undefined) return unless(`${where} tells ${quoted(one.type)} ${fault}`, advice, '')
    }
    return unless(undefined, advice, counted(all.length, 'condition'))
  }
}

/** The same of events. */
function events(advice: string, faultOf: (event: SaidEvent, facts: Facts) => string | undefined) {
  return (facts: Facts): Verdict => {
    const all = saidIn(facts).flatMap(({ where, events: told }) => told.map((one) => ({ where, one })))
    if (all.length === 0) return skip('it told of no event')
    for (const { where, one } of all) {
      const fault = faultOf(one, facts)
      if (fault !== undefined) return unless(`${where} tells the event ${quoted(one.reason)} ${fault}`, advice, '')
    }
    return unless(undefined, advice, counted(all.length, 'event'))
  }
}

function messageFault(message: string): string | undefined {
  if (message.length > MAX_MESSAGE) return `with a message of ${message.length} characters`
  return cleanText(message, MAX_MESSAGE) === message
    ? undefined
    : `with a message that has line breaks, control or unseen characters, or white space around it: ${quoted(message)}`
}

const OWN_TYPES = 'give each a type of its own, or speak nodedoctor.v1, which has entities'
const ONE_WORD = 'tell each once of each entity, the worst where several checks say it: of two the last is taken'

function twice({ where, conditions: told }: Said): string | undefined {
  const keys = told.map(({ type, entity }) => `${type}\u0000${entity}`)
  const at = keys.findIndex((key, index) => keys.indexOf(key) !== index)
  const found = told[at]
  if (found === undefined) return undefined
  const of = found.entity === '' ? '' : ` of ${quoted(found.entity)}`
  return `${where} tells ${quoted(found.type)}${of} twice in one answer`
}

/** Types of an answer in their order, without those that the other does not have. */
function orderOf({ conditions: told }: Said, { conditions: others }: Said): string {
  const types = new Set(others.map(({ type }) => type))
  return told.flatMap(({ type }) => (types.has(type) ? [type] : [])).join(', ')
}

/** Each answer beside the one before. */
function pairwise(facts: Facts, faultOf: (before: Said, after: Said) => string | undefined): string | undefined {
  const all = polledIn(facts)
  for (const [index, after] of all.entries()) {
    const before = all[index - 1]
    const fault = before && faultOf(before, after)
    if (fault !== undefined) return fault
  }
  return undefined
}

function orderFault(before: Said, after: Said): string | undefined {
  const [one, other] = [orderOf(before, after), orderOf(after, before)]
  return one === other
    ? undefined
    : `one answer has them as ${cleanText(one, 120)}, another as ${cleanText(other, 120)}`
}

function leftOut(before: Said, after: Said): string | undefined {
  const types = new Set(after.conditions.map(({ type }) => type))
  const gone = before.conditions.find(({ type }) => !types.has(type))
  return gone && `an answer leaves out ${quoted(gone.type)}, which the one before had`
}

/** Of answers of CheckHealth, where there are two. */
function answers(faultOf: (facts: Facts) => string | undefined, advice: string, well: string) {
  return (facts: Facts): Verdict => {
    const count = polledIn(facts).length
    return count < 2
      ? skip('CheckHealth was not answered')
      : unless(faultOf(facts), advice, `${well} in ${count} answers`)
  }
}

const isVerbatim = ({ type }: SaidCondition, facts: Facts): boolean => verbatimTypes(facts).has(type)
const CLEAN = `say one clean line of at most ${MAX_MESSAGE} characters`

export const statusRules: readonly Rule[] = [
  {
    id: 'status-known',
    level: 'must',
    why: 'Each condition says a status of the protocol: anything else, and none, counts as unknown.',
    judge: conditions('say TRUE (1), FALSE (2) or UNKNOWN (3); of nodedoctor.v1 HEALTHY, PROBLEM or UNKNOWN', (one) =>
      one.isKnownStatus ? undefined : `with the status ${one.status}`,
    ),
  },
  {
    id: 'condition-type',
    level: 'must',
    why: 'A condition type is a name of at most 63 characters, as Kubernetes takes it on a node: any other is refused.',
    judge: conditions('call it as "GPUHealthy" is', (one, facts) =>
      isTypeName(one.type) || isVerbatim(one, facts) ? undefined : 'which is not a name',
    ),
  },
  {
    id: 'condition-entity',
    level: 'must',
    of: 'nodedoctor.v1',
    why: 'An entity is one clean line of at most 128 characters: it is part of what tells conditions apart.',
    judge: conditions('say it as "gpu:GPU-3f5a" is', ({ entity }) =>
      cleanText(entity, MAX_ENTITY) === entity ? undefined : `of the entity ${quoted(entity)}, which is cut or cleaned`,
    ),
  },
  {
    id: 'condition-reason',
    level: 'must',
    why: 'Each condition says a reason, which is a name of at most 128 characters: an empty one is shown as NoReason.',
    judge: conditions('say one word for why, as "GPUIsHealthy" is', (one, facts) => {
      if (isVerbatim(one, facts) || isReasonName(one.reason)) return undefined
      return one.reason === '' ? 'without a reason' : `with the reason ${quoted(one.reason)}, which is not a name`
    }),
  },
  {
    id: 'reason-camel-case',
    level: 'should',
    why: 'A reason is CamelCase, as everywhere in Kubernetes: people and alerts look for it.',
    judge: conditions('write it as "GPUIsHealthy" is', (one, facts) =>
      isVerbatim(one, facts) || !isReasonName(one.reason) || CAMEL_CASE.test(one.reason)
        ? undefined
        : `with the reason ${quoted(one.reason)}`,
    ),
  },
  {
    id: 'condition-message',
    level: 'must',
    why: 'A message is one clean line of at most 1024 characters: what is longer or unseen is cut and cleaned.',
    judge: conditions(CLEAN, (one, facts) => (isVerbatim(one, facts) ? undefined : messageFault(one.message))),
  },
  {
    id: 'message-said',
    level: 'should',
    why: 'Each condition has a message: it is what people read.',
    judge: conditions('say in a sentence what was seen', ({ message }) =>
      message === '' ? 'without a message' : undefined,
    ),
  },
  {
    id: 'condition-once',
    level: 'must',
    why: 'No answer tells a condition twice: of npd.external.v1, which knows no entities, they are kept apart by their place.',
    judge: (facts) => {
      const said = saidIn(facts)
      if (said.length === 0) return skip('it told of no condition')
      const fault = said.map(twice).find((one) => one !== undefined)
      const isPolled = said.find((one) => twice(one) !== undefined)?.protocol === 'npd.external.v1'
      return unless(fault, isPolled ? OWN_TYPES : ONE_WORD, counted(said.length, 'answer'))
    },
  },
  {
    id: 'order',
    level: 'must',
    of: 'npd.external.v1',
    why: 'Conditions stand in the same order in each answer: node-problem-detector compares them by their place.',
    judge: answers((facts) => pairwise(facts, orderFault), 'sort them, or keep them in a list', 'the same order'),
  },
  {
    id: 'whole-answer',
    level: 'must',
    of: 'npd.external.v1',
    why: 'Each answer names all conditions: one that is left out is unknown after the second time, and gone after the fourth.',
    judge: answers(
      (facts) => pairwise(facts, leftOut),
      'say UNKNOWN for what could not be looked at',
      'all conditions',
    ),
  },
  {
    id: 'event-severity',
    level: 'must',
    why: 'Each event says a severity of the protocol: of npd.external.v1 anything but WARN counts as info.',
    judge: events('say INFO (1) or WARN (2); of nodedoctor.v1 also ERROR and CRITICAL', (one) =>
      one.isKnownSeverity ? undefined : `with the severity ${one.severity}`,
    ),
  },
  {
    id: 'event-reason',
    level: 'must',
    why: 'Each event says a reason, which is a name of at most 128 characters.',
    judge: events('say one word for what happened, as "GPUOverheating" is', (one, facts) =>
      isReasonName(one.reason) || verbatimReasons(facts).has(one.reason) ? undefined : 'whose reason is not a name',
    ),
  },
  {
    id: 'event-message',
    level: 'must',
    why: 'The message of an event is one clean line of at most 1024 characters.',
    judge: events(CLEAN, (one, facts) =>
      verbatimReasons(facts).has(one.reason) ? undefined : messageFault(one.message),
    ),
  },
]
