import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeText } from '#pattern'
import { type ConditionState, initialConditions, type Judged, judge } from './conditions.ts'
import { schema } from './config.ts'
import { type ExitStatus, type Outcome, outcomeOf } from './outcome.ts'
import { type Settings, settingsOf } from './settings.ts'

interface Told {
  readonly events: readonly { readonly severity: string; readonly reason: string; readonly message: string }[]
  readonly conditions: readonly (Record<'type' | 'status' | 'reason' | 'message', string> & {
    readonly changed: number
  })[]
}

interface Story {
  readonly story: {
    readonly conditions: readonly object[]
    readonly rules: readonly object[]
    readonly onMessage: boolean
    readonly skipInitial: boolean
    readonly max: number
    readonly rounds: readonly (readonly { readonly exit: number; readonly text: string }[])[]
  }
  readonly told: readonly Told[]
}

const FILE = join(import.meta.dirname, '../../fixtures/npd/stories/told.json')
const stories = JSON.parse(readFileSync(FILE, 'utf8')) as readonly Story[]

function settingsFor({ conditions, rules, onMessage, skipInitial, max }: Story['story']): Settings {
  const pluginConfig = {
    max_output_length: max,
    enable_message_change_based_condition_update: onMessage,
    skip_initial_status: skipInitial,
  }
  return settingsOf(schema.parse({ path: '/f.json', pluginConfig, conditions, rules }))
}

function outcome(exit: number, text: string, max: number): Outcome {
  const result = { exitCode: exit, signal: null, coreDumped: false, truncated: false, timedOut: false }
  return outcomeOf(
    { kind: 'ended', result: { ...result, stdout: Buffer.from(text), stderr: Buffer.alloc(0) } },
    '',
    max,
  )
}

/** What we tell of a story, where the time is the number of the status. Texts are hexadecimal, as they need be none. */
function toldOf({ story }: Story): Told[] {
  const settings = settingsFor(story)
  let conditions = initialConditions(settings.conditions, new Date(0))
  const told: Told[] = []
  function tell(event?: Judged['event']): void {
    const events = event === undefined ? [] : [event]
    told.push({
      events: events.map(({ severity, reason, message }) => {
        return { severity: severity === 'warning' ? 'warn' : 'info', reason, message: hex(message) }
      }),
      conditions: conditions.map(({ type, status, reason, message, transition }) => {
        return { type, status, reason, message: hex(message), changed: transition.getTime() }
      }),
    })
  }
  if (!settings.skipsInitialStatus) tell()
  for (const round of story.rounds) {
    for (const rule of settings.rules) {
      const { exit, text } = round[rule.index]!
      const judged = judge(
        conditions,
        rule,
        outcome(exit, text, settings.maxOutputBytes),
        settings,
        new Date(told.length),
      )
      conditions = judged.conditions
      tell(judged.event)
    }
  }
  return told
}

function hex(text: string | Buffer): string {
  return Buffer.from(text as string).toString('hex')
}

/** The text of an event that is cut in a character arrives with U+FFFD for each byte of that. */
function asTransported({ events, conditions }: Told): Told {
  const clean = (text: string) => hex(decodeText(Buffer.from(text, 'hex')))
  return { events: events.map((event) => ({ ...event, message: clean(event.message) })), conditions }
}

describe('what node-problem-detector tells of', () => {
  it.each(stories.map((story, index) => ({ index, story })))('story $index', ({ story }) => {
    // With two conditions of one type its times cannot be told apart.
    const isTwice = new Set(story.told[0]?.conditions.map(({ type }) => type)).size < story.story.conditions.length
    const timed = ({ events, conditions }: Told) => ({
      events,
      conditions: isTwice ? conditions.map((one) => ({ ...one, changed: 0 })) : conditions,
    })
    expect(toldOf(story).map(timed)).toEqual(story.told.map(asTransported).map(timed))
  })
})

const CONDITIONS = [
  { type: 'C', reason: 'Well', message: 'all well' },
  { type: 'D', reason: '', message: '' },
]
const RULES = [
  { type: 'permanent', condition: 'C', reason: 'Down', path: '/c' },
  { type: 'permanent', condition: 'C', reason: 'Slow', path: '/c2' },
  { type: 'permanent', condition: 'D', reason: 'DDown', path: '/d' },
  { type: 'temporary', condition: 'C', reason: 'Happened', path: '/t' },
]

describe('whatever a plug-in says', () => {
  const results = fc.array(
    fc.record({
      rule: fc.nat({ max: RULES.length - 1 }),
      status: fc.constantFrom<ExitStatus>('OK', 'NonOK', 'Unknown'),
      output: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
    }),
  )

  it('a condition is what its last result that counted made of it, and an event tells of each change, once', () => {
    fc.assert(
      fc.property(results, fc.boolean(), (all, updatesOnMessage) => {
        const settings = settingsOf(
          schema.parse({
            path: '/f',
            conditions: CONDITIONS,
            rules: RULES,
            pluginConfig: { enable_message_change_based_condition_update: updatesOnMessage },
          }),
        )
        let conditions = initialConditions(settings.conditions, new Date(0))
        for (const [index, { rule: place, ...outcomeOfRun }] of all.entries()) {
          const rule = settings.rules[place]!
          const before = conditions
          const { event, ...judged } = judge(before, rule, outcomeOfRun, settings, new Date(index + 1))
          conditions = judged.conditions
          const changes = conditions.filter((one, at) => one !== before[at])
          if (rule.isTemporary) {
            expect(changes).toEqual([])
            expect(event !== undefined).toBe(outcomeOfRun.status !== 'OK')
            continue
          }
          expect(changes).toHaveLength(event === undefined ? 0 : 1)
          const [change] = changes
          if (change === undefined) continue
          expect(change).toMatchObject({ type: rule.condition, transition: new Date(index + 1) })
          expect(event).toMatchObject({
            reason: change.reason,
            isActive: change.status === 'True',
            at: change.transition,
          })
          expect(isTold(change, rule.reason)).toBe(true)
        }
        for (const one of conditions) expect(one.status === 'False' ? isDefault(one) : true).toBe(true)
      }),
    )
  })
})

function isDefault({ type, reason, message }: ConditionState): boolean {
  const usual = CONDITIONS.find((one) => one.type === type)
  return usual?.reason === reason && usual.message === message.toString()
}

/** True has the rule's reason, all else the healthy one. */
function isTold({ type, status, reason }: ConditionState, ruleReason: string): boolean {
  return reason === (status === 'True' ? ruleReason : CONDITIONS.find((one) => one.type === type)?.reason)
}
