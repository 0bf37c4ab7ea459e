/** Flags of `health-checker`. */
import {
  boolFlag,
  durationFlag,
  type Flag,
  type FlagValues,
  KLOG_FLAGS,
  type ParsedFlags,
  quote,
  stringFlag,
} from '#golang'

const SECOND = 1_000_000_000n

/** Patterns of a service's log with how often each has to be found. */
export type LogPatterns = ReadonlyMap<string, number>

function readCount(text: string): number {
  if (/^[+-]?\d+$/.test(text)) return Number(text)
  throw new Error(`strconv.Atoi: parsing ${quote(text)}: invalid syntax`)
}

/** One of them: what stands before the first colon is the number. @throws Error in node-problem-detector's words */
function readPattern(item: string): readonly [string, number] {
  const [all, count = '', pattern = ''] = /^([^:]*):(.*)$/s.exec(item) ?? []
  if (all === undefined) throw new Error(`invalid format of the flag value: [${item}]`)
  const shown = `invalid format for the flag value: [${count} ${pattern}]`
  try {
    const number = readCount(count)
    if (number !== 0 && pattern !== '') return [pattern, number]
  } catch (err) {
    throw new Error(`${shown}: ${(err as Error).message}`, { cause: err })
  }
  throw new Error(`${shown}: <nil>`)
}

const logPatterns: Flag<LogPatterns> = {
  kind: 'logPatternFlag',
  initial: new Map(),
  usage:
    'The log pattern to look for in service journald logs. The format for flag value <failureThresholdCount>:<logPattern>',
  zero: '',
  read: (text, before = new Map()) => new Map([...before, ...text.split(',').map(readPattern)]),
  print: (all) =>
    [...all]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([pattern, count]) => `${pattern}:${count}`)
      .join(' '),
}

const SERVICE =
  'The underlying service responsible for the component. Set to the corresponding component for docker and kubelet, containerd for cri.'

export const FLAGS = {
  component: stringFlag('kubelet', 'The component to check health for. Supports kubelet, docker, kube-proxy, and cri'),
  'systemd-service': stringFlag('', SERVICE, { deprecated: 'please use --service flag instead', into: 'service' }),
  service: stringFlag('', SERVICE),
  'enable-repair': boolFlag(true, 'Flag to enable/disable repair attempt for the component.'),
  'crictl-path': stringFlag(
    '/usr/bin/crictl',
    'The path to the crictl binary. This is used to check health of cri component.',
  ),
  'cri-socket-path': stringFlag(
    'unix:///var/run/containerd/containerd.sock',
    'The path to the cri socket. Used with crictl to specify the socket path.',
  ),
  'cri-timeout': durationFlag(2n * SECOND, 'The duration to wait for crictl to run.'),
  'cooldown-time': durationFlag(
    120n * SECOND,
    'The duration to wait for the service to be up before attempting repair.',
  ),
  'loopback-time': durationFlag(0n, 'The duration to loop back, if it is 0, health-check will check from start time.'),
  'health-check-timeout': durationFlag(10n * SECOND, 'The time to wait before marking the component as unhealthy.'),
  'log-pattern': logPatterns,
  ...KLOG_FLAGS,
} as const

const COMPONENTS = ['kubelet', 'docker', 'cri', 'kube-proxy'] as const

/** What is looked at. */
export type Component = (typeof COMPONENTS)[number]

/** What it is asked to do. */
export interface Options extends Omit<FlagValues<typeof FLAGS>, 'component' | 'service'> {
  readonly component: Component
  readonly service: string
  /** "crictl" by PATH, unless a place was given. */
  readonly crictl: string
}

function isComponent(name: string): name is Component {
  return COMPONENTS.some((one) => one === name)
}

/** @returns what is wrong with them, where something is */
export function optionsOf({ values, given }: ParsedFlags<typeof FLAGS>): Options | string {
  const { component } = values
  if (!isComponent(component)) {
    return 'the component specified is not supported. Supported components are : <kubelet/docker/cri/kube-proxy>'
  }
  const isCri = component === 'cri'
  if (isCri && values['crictl-path'] === '') return 'the crictl-path cannot be empty for cri component'
  if (isCri && values['cri-socket-path'] === '') return 'the cri-socket-path cannot be empty for cri component'
  return {
    ...values,
    component,
    service: values.service || (isCri ? 'containerd' : component),
    crictl: given.includes('crictl-path') ? values['crictl-path'] : 'crictl',
  }
}
