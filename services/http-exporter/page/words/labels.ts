/** Words for the closed sets of the view. */
import { BEING_WATCHED, type Held } from '#model'
import type { ConditionView, MonitorView } from '#view'
import { counted } from './sentences.ts'

/** Why a condition is not simply what its source says. */
const HELD_WORDS = {
  '': '',
  gated: 'Not judged while what it depends on has a problem.',
  unreachable: 'Its monitor does not answer.',
  unproven: 'Known from before; not looked at since.',
  flapping: 'It comes and goes; its recovery is held back.',
  pending: 'Looked at for too short a time to say.',
} as const satisfies Record<Held, string>

/** Why this one is not simply what its source says; what waits for nothing says itself why it is not known. */
export function heldWords({ held, health, reason }: ConditionView): string {
  return held === 'pending' && health === 'unknown' && reason !== BEING_WATCHED ? '' : HELD_WORDS[held]
}

export const MONITOR_WORDS = {
  alive: 'Alive',
  awaited: 'Not heard yet',
  unreachable: 'Does not answer',
} as const satisfies Record<MonitorView['health'], string>

/** How the connection to a monitor stands; nothing where the state of the monitor says it already. */
export const CONNECTION_WORDS = {
  awaited: '',
  serving: '',
  connecting: 'Connecting',
  failing: 'Failing',
  paused: 'Paused',
  lost: 'All attempts failed',
} as const satisfies Record<NonNullable<MonitorView['connection']>['state'], string>

export const ORIGIN_WORDS = {
  'built-in': 'built in',
  configured: 'third party, named in the configuration',
  discovered: 'third party, found by its socket',
} as const satisfies Record<MonitorView['origin'], string>

/** "1 problem, 8 healthy": what a group of conditions holds, worst first. */
export function groupWords(conditions: readonly ConditionView[]): string {
  const problems = conditions.filter(({ health, level }) => health === 'problem' && level !== 'stale').length
  const healthy = conditions.filter(({ level }) => level === 'healthy').length
  const stale = conditions.filter(({ level }) => level === 'stale').length
  const unknown = conditions.length - problems - healthy - stale
  return [
    problems > 0 ? counted(problems, 'problem') : '',
    unknown > 0 ? `${unknown} unknown` : '',
    stale > 0 ? `${stale} not known` : '',
    healthy > 0 ? `${healthy} healthy` : '',
  ]
    .filter((words) => words !== '')
    .join(', ')
}

/** "7, all alive; 6 built in, 1 from a third party": the monitors in one line. */
export function monitorsWords(monitors: readonly MonitorView[]): string {
  const of = (health: MonitorView['health']): number => monitors.filter((monitor) => monitor.health === health).length
  const builtIn = monitors.filter(({ origin }) => origin === 'built-in').length
  const foreign = monitors.length - builtIn
  const alive = of('alive')
  const states = [
    of('unreachable') > 0 ? counted(of('unreachable'), 'does not answer', 'do not answer') : '',
    of('awaited') > 0 ? `${of('awaited')} not heard yet` : '',
    alive === 0 ? '' : `${alive} alive`,
  ].filter((words) => words !== '')
  const life = alive < monitors.length ? states.join(', ') : monitors.length === 1 ? '1, alive' : `${alive}, all alive`
  const homes = [builtIn > 0 ? `${builtIn} built in` : '', foreign > 0 ? `${foreign} from third parties` : '']
  return `${life}; ${homes.filter((words) => words !== '').join(', ')}`
}
