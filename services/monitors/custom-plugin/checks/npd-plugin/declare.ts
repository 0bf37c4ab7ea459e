/** What a custom-plugin-monitor file may say: its condition types and the reasons of its events, word by word. Pure. */
import type { ConditionSpec, Declaration, EventSpec } from '#monitor-kit'
import type { Config } from './config.ts'

/** How long nothing is said of a temporary problem until it counts as over. */
const ABSENT_MS = 600_000

/** Of several with one name the first. */
function firstOf<Thing>(things: readonly Thing[], nameOf: (thing: Thing) => string): readonly Thing[] {
  return things.filter((thing, index) => things.findIndex((other) => nameOf(other) === nameOf(thing)) === index)
}

function conditionOf(condition: Config['conditions'][number], { path, rules }: Config): ConditionSpec {
  const { type, reason, message } = condition
  const programs = rules.filter((rule) => rule.condition === type).map((rule) => rule.path)
  return {
    type,
    verbatim: true,
    shared: true,
    recovery: { kind: 'healthy-checks', count: 1 },
    recoveryText: 'the plug-in says that it is well',
    description: `Condition ${type} of the plug-ins in ${path}`,
    label: type,
    healthyReason: reason,
    healthyMessage: message || 'the plug-in says nothing',
    source: programs.join(', ') || path,
    warning: 'the plug-in ends with 1',
    critical: 'none',
    sustained: 'at once',
  }
}

function eventOf(reason: string, severity: EventSpec['severity'], description: string): EventSpec {
  return { reason, severity, description, verbatim: true }
}

/** A reason that a temporary rule has opens a problem by every event of that reason. */
function eventsOf({ rules, conditions }: Config): readonly EventSpec[] {
  const temporary = rules.filter(({ type }) => type === 'temporary')
  const permanent = rules.filter(({ type }) => type !== 'temporary')
  return firstOf(
    [
      ...temporary.map(({ reason, path }) => ({
        ...eventOf(reason, 'warning', `${path} says that there is a problem`),
        recovery: { kind: 'absent', forMs: ABSENT_MS } as const,
      })),
      ...permanent.map(({ reason, path }) =>
        eventOf(reason, 'warning', `${path} says that its condition is a problem`),
      ),
      ...conditions.map(({ type, reason }) => eventOf(reason, 'info', `Condition ${type} is no problem, or not known`)),
    ],
    ({ reason }) => reason,
  )
}

export function declarationOf(config: Config): Declaration {
  const types = firstOf(config.conditions, ({ type }) => type)
  return { conditions: types.map((condition) => conditionOf(condition, config)), events: eventsOf(config) }
}
