/** How much one answer or report is. */
import { DEFAULT_LIMITS, MESSAGE_BYTES } from '#model'
import { ordinaryAnswers, saidIn } from '../said.ts'
import type { Facts, Outcome, Rule } from '../types.ts'
import { counted, skip, unless } from '../verdict.ts'

/** What a condition takes in a small answer: four in 500 bytes. */
const CONDITION_BYTES = 125
const SMALL_BYTES = 500

interface Weighed {
  readonly bytes: number
  readonly conditions: number
}

function answersOf(facts: Facts): Weighed[] {
  const { monitor } = facts
  const polled = ordinaryAnswers(facts).flatMap((one) =>
    one.kind === 'answered' ? { bytes: one.bytes, conditions: one.value.conditions.length } : [],
  )
  const others: readonly (Outcome<unknown> | undefined)[] = [
    facts.external?.metadata,
    monitor?.describe,
    monitor?.all,
    monitor?.one,
  ]
  return [...polled, ...others.flatMap((one) => (one?.kind === 'answered' ? { bytes: one.bytes, conditions: 0 } : []))]
}

function largest(facts: Facts): Weighed | undefined {
  return answersOf(facts).toSorted((a, b) => b.bytes - a.bytes)[0]
}

function tooMany(facts: Facts): string | undefined {
  const { observationsPerReport, eventsPerReport } = DEFAULT_LIMITS
  for (const { where, conditions, events } of saidIn(facts)) {
    if (conditions.length > observationsPerReport)
      return `${where} tells ${conditions.length} conditions at once, and ${observationsPerReport} are taken`
    if (events.length > eventsPerReport)
      return `${where} tells ${events.length} events at once, and ${eventsPerReport} are taken`
  }
  return undefined
}

export const sizeRules: readonly Rule[] = [
  {
    id: 'size',
    level: 'must',
    why: `No answer is larger than ${MESSAGE_BYTES / 1024 / 1024} MiB: the detector refuses it, unless detector.limits.messageBytes says more.`,
    judge: (facts) => {
      const most = largest(facts)
      if (most === undefined) return skip('nothing was answered')
      const fault = most.bytes > MESSAGE_BYTES ? `an answer has ${most.bytes} bytes` : undefined
      return unless(fault, 'shorten messages, and tell fewer events in an answer', `${most.bytes} bytes at most`)
    },
  },
  {
    id: 'count',
    level: 'must',
    why: `One answer tells at most ${DEFAULT_LIMITS.observationsPerReport} conditions and ${DEFAULT_LIMITS.eventsPerReport} events: what is beyond them is dropped.`,
    judge: (facts) => {
      const said = saidIn(facts)
      return said.length === 0
        ? skip('it told of nothing')
        : unless(
            tooMany(facts),
            'tell of what is wrong, and of the rest in one condition',
            counted(said.length, 'answer'),
          )
    },
  },
  {
    id: 'size-small',
    level: 'should',
    of: 'npd.external.v1',
    why: 'An answer of CheckHealth has about 500 bytes, a little more where it tells more than four conditions: it is asked all day.',
    judge: (facts) => {
      const all = ordinaryAnswers(facts).flatMap((one) => (one.kind === 'answered' ? one : []))
      if (all.length === 0) return skip('CheckHealth was not answered')
      const least = (conditions: number) => Math.max(SMALL_BYTES, conditions * CONDITION_BYTES)
      const large = all.find(({ bytes, value }) => bytes > least(value.conditions.length))
      const fault =
        large && `an answer has ${large.bytes} bytes for ${counted(large.value.conditions.length, 'condition')}`
      return unless(
        fault,
        'say the number and its limit, and no more',
        `${Math.max(...all.map(({ bytes }) => bytes))} bytes at most`,
      )
    },
  },
]
