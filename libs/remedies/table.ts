/**
 * The one table of actions. Of it are made what a configuration may name, what the remediator plans, what host-actions lets itself
 * be asked, and docs/remediation.md. Default cooldowns are those of the Go Node Doctor where it has the action.
 */
import type { Remedy, RemedyKey } from './types.ts'

export type { Remedy, RemedyKey } from './types.ts'

/** Every action, in the order in which people read them. */
export const REMEDY_NAMES = [
  'systemd-restart',
  'systemd-start',
  'systemd-stop',
  'systemd-reload',
  'restart-runtime',
  'prune-runtime',
  'disk-cleanup',
  'flush-dns',
  'reset-routing',
  'flush-ipv6-route',
  'restart-interface',
  'custom-script',
  'pod-delete',
  'cordon',
  'uncordon',
  'taint',
  'drain',
  'node-reboot',
  'external-action',
] as const

/** One of {@link REMEDY_NAMES}. */
export type RemedyName = (typeof REMEDY_NAMES)[number]

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS

const needed = (...keys: readonly RemedyKey['key'][]) => keys.map((key) => ({ key, isNeeded: true }))
const optional = (...keys: readonly RemedyKey['key'][]) => keys.map((key) => ({ key, isNeeded: false }))

const UNIT = {
  by: 'host',
  isDisruptive: false,
  cooldownMs: 5 * MINUTE_MS,
  // systemd's own: 90 s to stop, as long again after SIGKILL, 90 s to start; and what it stands for after that.
  timeoutMs: 5 * MINUTE_MS,
  needs: ['system-bus'],
  keys: needed('service'),
  neverFor: [],
  target: 'unit',
  built: true,
} as const satisfies Partial<Remedy>

const UNIT_REFUSALS =
  "a unit that is masked, not known, or has a job; our own, D-Bus, and init; to stop or restart the machine's own folders, and Docker without live-restore"

/** Of programs of the host that are done within moments. */
const TOOL = {
  by: 'host',
  isDisruptive: false,
  cooldownMs: 3 * MINUTE_MS,
  timeoutMs: 30 * SECOND_MS,
  needs: ['system-bus'],
  keys: [],
  neverFor: [],
  built: true,
  verifiedBy: 'the exit code, and reading back',
  refuses: 'a machine without the tool',
} as const satisfies Partial<Remedy>

const API = {
  by: 'remediator',
  isDisruptive: false,
  cooldownMs: 5 * MINUTE_MS,
  timeoutMs: MINUTE_MS,
  needs: ['token'],
  keys: [],
  neverFor: [],
  target: 'node',
  built: true,
} as const satisfies Partial<Remedy>

const DRAIN_REFUSALS =
  'a node with pods that nobody would make anew, or that have data in an emptyDir, where `drain` does not allow it'

/** By name. */
export const REMEDIES: Readonly<Record<RemedyName, Remedy>> = {
  'systemd-restart': {
    ...UNIT,
    does: 'restarts a unit of systemd',
    verifiedBy: 'active for 5 s, with another invocation and another main process',
    refuses: UNIT_REFUSALS,
  },
  'systemd-start': {
    ...UNIT,
    does: 'starts a unit of systemd',
    verifiedBy: 'active for 5 s',
    refuses: UNIT_REFUSALS,
  },
  'systemd-stop': { ...UNIT, does: 'stops a unit of systemd', verifiedBy: 'inactive', refuses: UNIT_REFUSALS },
  'systemd-reload': {
    ...UNIT,
    does: 'has a unit of systemd read its configuration again',
    verifiedBy: 'its job, and active after it',
    refuses: UNIT_REFUSALS,
  },
  'restart-runtime': {
    ...UNIT,
    does: "restarts the unit behind the kubelet's socket of the container runtime",
    verifiedBy: 'Status of the CRI',
    refuses: 'Docker without live-restore, whose restart would stop every container',
    timeoutMs: 6 * MINUTE_MS,
    needs: ['system-bus', 'cri'],
    keys: [],
    target: 'runtime',
    built: true,
  },
  'prune-runtime': {
    by: 'host',
    isDisruptive: false,
    cooldownMs: 10 * MINUTE_MS,
    timeoutMs: 5 * MINUTE_MS,
    needs: ['cri'],
    keys: [],
    neverFor: ['FilesystemReadOnly'],
    target: 'runtime',
    built: true,
    does: "removes dead containers but a live pod's newest, and images that are neither used nor pinned",
    verifiedBy: 'bytes by statfs',
    refuses: 'what runs, and what sandboxes are made of',
  },
  'disk-cleanup': {
    by: 'host',
    isDisruptive: false,
    cooldownMs: 10 * MINUTE_MS,
    timeoutMs: 5 * MINUTE_MS,
    needs: ['roots'],
    keys: optional('path'),
    neverFor: ['FilesystemReadOnly'],
    target: 'disk',
    built: true,
    does: 'makes the journal smaller, deletes old logs, temporary files and images, the oldest first, until the disk is below its limit',
    verifiedBy: 'bytes by statfs',
    refuses:
      'what is outside of the roots, on another mount, a link, or an open file; any file where nobody can tell which are open',
  },
  'flush-dns': { ...TOOL, does: 'flushes what the resolver of the host keeps of names', target: 'dns' },
  'reset-routing': {
    ...TOOL,
    cooldownMs: 5 * MINUTE_MS,
    does: 'flushes what the kernel keeps of routes',
    target: 'routing',
  },
  'flush-ipv6-route': { ...TOOL, does: 'flushes what the kernel keeps of IPv6 routes', target: 'routing' },
  'restart-interface': {
    ...TOOL,
    keys: needed('interface'),
    does: 'takes a network interface down and up again, and puts back routes that were lost by it',
    verifiedBy: 'it is up, with its routes',
    refuses:
      'the interface by which the API server is reached, by the main routing table (name none where policy routing, a VRF or a tunnel leads there)',
    target: 'interface',
  },
  'custom-script': {
    ...TOOL,
    cooldownMs: 5 * MINUTE_MS,
    timeoutMs: 5 * MINUTE_MS,
    keys: [...needed('scriptPath'), ...optional('args')],
    does: 'runs a program of yours, with the problem in its environment ([what it is told](#what-a-script-is-told))',
    verifiedBy: 'the exit code',
    refuses: "a file that is not root's, that others may write (or a folder above it), a link, set-uid",
    target: 'script',
  },
  'pod-delete': {
    ...API,
    does: 'evicts the pod that the problem names',
    verifiedBy: 'another uid',
    refuses: "other nodes' pods, and static ones",
    target: 'pod',
  },
  cordon: {
    ...API,
    does: 'lets no new pods on the node; it is let have some again when it is proven healthy',
    verifiedBy: 'the answer of the API server',
    refuses: 'a node that somebody else cordoned',
  },
  uncordon: {
    ...API,
    does: 'lets pods on the node again',
    verifiedBy: 'the answer of the API server',
    refuses: 'a node that somebody else cordoned',
  },
  taint: {
    ...API,
    keys: optional('taint'),
    does: 'puts a taint on the node; it is taken off when it is proven healthy',
    verifiedBy: 'the answer of the API server',
    refuses: 'a taint that somebody else put there',
  },
  drain: {
    ...API,
    isDisruptive: true,
    cooldownMs: 30 * MINUTE_MS,
    timeoutMs: 10 * MINUTE_MS,
    keys: optional('drain'),
    does: 'cordons the node and evicts its pods, as kubectl does',
    verifiedBy: 'other uids',
    refuses: DRAIN_REFUSALS,
  },
  'node-reboot': {
    ...API,
    isDisruptive: true,
    cooldownMs: 30 * MINUTE_MS,
    // Ten for the drain, ten for the boot, and what is between.
    timeoutMs: 25 * MINUTE_MS,
    // Ten for the boot, five for the look and the asking, one at least for the drain.
    minTimeoutMs: 16 * MINUTE_MS,
    built: true,
    needs: ['system-bus', 'token'],
    keys: optional('drain'),
    does: 'drains the node, reboots it by logind, and uncordons it when it is proven healthy',
    verifiedBy: 'another boot id',
    refuses: `${DRAIN_REFUSALS}; what blocks a shutdown in logind; a machine that is up for less than \`minUptime\`; a journal that a reboot would lose`,
  },
  'external-action': {
    by: 'external',
    isDisruptive: false,
    cooldownMs: 5 * MINUTE_MS,
    timeoutMs: 5 * MINUTE_MS,
    needs: ['plug-in'],
    keys: [...needed('plugin', 'pluginAction'), ...optional('parameters')],
    neverFor: [],
    target: 'external',
    built: true,
    does: 'has a plug-in that `remediation.actions` names do one of its actions',
    verifiedBy: 'what the plug-in says',
    refuses: 'plug-ins that are not named, and what the plug-in itself refuses',
  },
}

/** Whether a text names an action. */
export function isRemedy(text: string): text is RemedyName {
  return Object.hasOwn(REMEDIES, text)
}
