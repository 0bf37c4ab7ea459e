/** Log monitors that read a file. */
import type { Case, Told, World } from '../types.ts'
import { DEADLOCK, line, PLUGIN, permanent, temporary } from './log-lines.ts'

const FLAGS = ['--config.system-log-monitor={folder}/monitor.json'] as const
const HUNG = permanent('KernelDeadlock', 'TaskHung', 'task \\S+:\\w+ blocked for more than \\w+ seconds\\.')
const OOM = temporary('OOMKilling', 'Killed process \\d+ (.+) total-vm:.*')

interface LogCase {
  readonly name: string
  readonly config?: Readonly<Record<string, unknown>>
  /** Written before the start. */
  readonly before?: () => readonly string[]
  /** Appended once the first conditions were told. */
  readonly lines?: () => readonly string[]
  /** What is awaited then. Default: so many events as lines. */
  readonly until?: (told: Told) => boolean
  /** What comes after that. */
  readonly after?: (world: World) => Promise<void>
  readonly more?: Partial<Case>
}

function isReady({ conditions }: Told): boolean {
  return Object.keys(conditions).length > 0
}

function logCase({ name, config = {}, before = () => [], lines = () => [], until, after, more }: LogCase): Case {
  const told = lines()
  const awaited = until ?? (({ events }: Told) => events.length >= told.length)
  return {
    name: `filelog: ${name}`,
    flags: FLAGS,
    files: {
      'monitor.json': { ...PLUGIN, conditions: [DEADLOCK], rules: [HUNG, OOM], ...config },
      'kern.log': before()
        .map((one) => `${one}\n`)
        .join(''),
    },
    async steps(world: World) {
      await world.until(isReady)
      await world.append('kern.log', ...lines())
      await world.until(awaited)
      await after?.(world)
      // One more round of the loop: what should not be told has had its chance.
      await world.pass(1600)
    },
    ...more,
  }
}

const hung = (name: string): string => line(`task ${name}:7 blocked for more than 300 seconds.`)
const isSet = ({ conditions }: Told): boolean => conditions['KernelDeadlock']?.status === 'True'

/** So many different texts of one reason: from the tenth on one event for all. */
const storm = () => Array.from({ length: 30 }, (_, i) => line(`Killed process ${100 + i} (java) total-vm:4`))
const isTold =
  (times: number) =>
  ({ events }: Told): boolean =>
    events.reduce((sum, { count }) => sum + count, 0) >= times

/** Cases of a file that is read. */
export function filelogCases(): readonly Case[] {
  return [
    logCase({ name: 'conditions are False at the start, and stay so without a line' }),
    logCase({ name: 'a permanent rule sets its condition', lines: () => [hung('docker')], until: isSet }),
    logCase({
      name: 'a condition that is set keeps the first message and tells no second event',
      lines: () => [hung('first'), hung('second')],
      until: isSet,
    }),
    logCase({
      name: 'a temporary rule makes an event and leaves the condition',
      lines: () => [line('Killed process 1012 (java) total-vm:4, anon-rss:1, file-rss:0')],
    }),
    logCase({
      name: 'the same line three times is one event that counts',
      lines: () => Array.from({ length: 3 }, () => line('Killed process 7 (a) total-vm:1')),
      until: ({ events }) => events.some(({ count }) => count >= 3),
    }),
    logCase({
      name: 'a line before the lookback is not read',
      before: () => [line('task old:7 blocked for more than 9 seconds.', 90_000)],
    }),
    logCase({
      name: 'a line of the lookback is read at the start, with its own time',
      before: () => [line('task old:7 blocked for more than 300 seconds.', 30)],
      config: { delay: '0s' },
    }),
    logCase({
      name: 'a line without its time is left out',
      lines: () => ['no time here: task x:7 blocked for more than 9 seconds.', hung('after')],
      until: isSet,
    }),
    logCase({
      name: 'a line on the skip list is left out',
      config: { skipList: ['audit:'] },
      lines: () => [
        line('audit: task skipped:7 blocked for more than 9 seconds.'),
        line('Killed process 1 (b) total-vm:1'),
      ],
      until: ({ events }) => events.length > 0,
    }),
    logCase({
      name: 'what stands behind the pattern on its line is no match',
      config: { rules: [temporary('Oops', 'BUG: bad page state')] },
      lines: () => [line('BUG: bad page state in process x'), line('BUG: bad page state')],
      until: ({ events }) => events.length > 0,
    }),
    logCase({
      name: 'a carriage return at its end is part of a line',
      config: { rules: [temporary('Any', 'from windows.*'), temporary('Whole', 'from windows')] },
      lines: () => [line('from windows\r'), line('Killed by from windows')],
      until: ({ events }) => events.some(({ reason }) => reason === 'Whole'),
    }),
    logCase({
      name: 'a pattern over two lines matches them together',
      config: { rules: [temporary('Two', 'first half\\n.*second half')] },
      lines: () => [line('first half'), line('the second half')],
      until: ({ events }) => events.length > 0,
    }),
    logCase({
      name: 'two lines with another between them do not match together',
      config: { rules: [temporary('Two', 'first half\\n.*second half'), temporary('End', 'the end')] },
      lines: () => [line('first half'), line('between'), line('the second half'), line('the end')],
      until: ({ events }) => events.length > 0,
    }),
    logCase({
      name: 'a start of the text is the start of the buffer, of one line with a buffer of one',
      config: { bufferSize: 1, rules: [temporary('Start', '^start.*')] },
      lines: () => [line('start of it')],
    }),
    logCase({
      name: 'a start of the text is nothing that a line in a buffer of ten has',
      config: { rules: [temporary('Start', '^start.*'), temporary('End', 'the end')] },
      lines: () => [line('start of it'), line('the end')],
      until: ({ events }) => events.length > 0,
    }),
    logCase({
      name: 'a suffix stands behind the message',
      config: { rules: [temporary('Why', 'memory is short', { patternGeneratedMessageSuffix: 'see the runbook' })] },
      lines: () => [line('memory is short')],
    }),
    logCase({
      name: 'two rules match one line',
      config: { rules: [temporary('One', 'both of it'), temporary('Two', '.*of it')] },
      lines: () => [line('both of it')],
      until: ({ events }) => events.length >= 2,
    }),
    logCase({
      name: 'a percent sign in a line is told as it is (B1)',
      config: { rules: [temporary('Full', 'disk is .* full')] },
      lines: () => [line('disk is 50% full')],
      more: { allowed: [{ at: 'events.0.message', by: 'B1' }] },
    }),
    logCase({
      name: 'a percent sign in a line, with that bug',
      config: { rules: [temporary('Full', 'disk is .* full.*')] },
      lines: () => [line('disk is 50% full, 100%')],
      more: { ownFlags: ['--npd-compat=B1'] },
    }),
    logCase({
      name: 'events beyond 25 of a source are told (B13)',
      lines: storm,
      until: isTold(25),
      more: { allowed: [{ at: 'events.', by: 'B13' }] },
    }),
    logCase({
      name: 'events beyond 25 of a source, with that bug',
      lines: storm,
      until: isTold(25),
      more: { ownFlags: ['--npd-compat=B13'] },
    }),
    logCase({
      name: 'a permanent rule of a condition that is not listed says nothing',
      config: { rules: [permanent('NoSuchCondition', 'Nowhere', 'lost'), temporary('End', 'the end')] },
      lines: () => [line('lost'), line('the end')],
      until: ({ events }) => events.length > 0,
    }),
    logCase({
      name: 'a rule of a type that is none is a permanent one',
      config: { rules: [{ ...HUNG, type: 'bogus' }] },
      lines: () => [hung('typo')],
      until: isSet,
    }),
    logCase({
      name: 'without reporting of metrics there are none',
      config: { metricsReporting: false },
      lines: () => [hung('docker')],
      until: isSet,
    }),
    logCase({
      name: 'a second reason takes the condition over, and the gauge with it',
      config: { rules: [HUNG, permanent('KernelDeadlock', 'AUFSUmountHung', 'umount.aufs hung')] },
      lines: () => [hung('docker')],
      until: isSet,
      // Told before the second comes: how many changes one patch has is a matter of time.
      after: async (world) => {
        await world.append('kern.log', line('umount.aufs hung'))
        await world.until(({ conditions }) => conditions['KernelDeadlock']?.reason === 'AUFSUmountHung')
      },
    }),
    logCase({
      name: 'keys in any case are keys',
      config: { BUFFERSIZE: 1, Source: 'another-source', rules: [temporary('One', 'anything')] },
      lines: () => [line('anything')],
    }),
    logCase({
      name: 'quotes and control characters of a line stand in the event as Go quotes them',
      config: { rules: [permanent('KernelDeadlock', 'Quoted', 'say .*')] },
      lines: () => [line('say "hi"\\ tab\tand é 😀')],
      until: isSet,
    }),
    logCase({
      name: 'events are in the namespace that the flag names',
      lines: () => [line('Killed process 1012 (java) total-vm:4')],
      more: { flags: [...FLAGS, '--event-namespace=default'] },
    }),
    logCase({
      name: 'without events none is written',
      lines: () => [hung('docker')],
      until: isSet,
      more: { flags: [...FLAGS, '--k8s-exporter-write-events=false'] },
    }),
    logCase({
      name: 'without conditions none is patched',
      lines: () => [hung('docker')],
      until: ({ events }) => events.length > 0,
      more: { flags: [...FLAGS, '--k8s-exporter-update-node-conditions=false'] },
    }),
  ]
}
