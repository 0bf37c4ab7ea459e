/** The scenes that the page is tested and photographed in: facts, so that they can also go through a real exporter. */
import { cleanText, cutText, type NodeCondition } from '#model'
import { conditionId, type Level, NO_REMEDIATION, type NodeFacts } from '#view'
import { ago, healthy, monitor, NOW, problemOf, run, sick, UP_SECONDS, unknown } from './facts.ts'
import { type Bar, historyOf, type Lane, type Past, type Range } from './histories.ts'
import { repairing } from './repairs-scene.ts'
import { type Curve, curves } from './values.ts'
import {
  backupUnknown,
  CALM_PAST,
  calmConditions,
  calmMonitors,
  change,
  facts,
  kubeletSlow,
  NODE,
  SETTINGS,
  TROUBLED_PAST,
  varFull,
} from './worker.ts'

export interface Scene {
  readonly facts: NodeFacts
  readonly past: Past
  /** How far after {@link NOW} the scene begins. */
  readonly laterMs?: number
}

export { historyOf, NOW, type Range }

const HOUR = 3600
const DAY = 24 * HOUR

function troubled(): NodeFacts {
  let conditions = calmConditions()
  conditions = change(conditions, 'DiskFull', 'disk:/var', varFull)
  conditions = change(conditions, 'KubeletUnhealthy', 'service:kubelet', kubeletSlow)
  conditions = change(conditions, 'BackupTooOld', '', backupUnknown)
  return facts({
    conditions,
    problems: conditions.filter(({ health }) => health === 'problem').map((one) => problemOf(one)),
  })
}

function monitorDead(): Scene {
  const gone = 42
  const conditions = calmConditions().map((condition): NodeCondition => {
    if (condition.sources[0] === 'smart-health') {
      return unknown(condition, {
        reason: 'MonitorUnreachable',
        message: `its monitor does not answer; before that: ${condition.message}`,
        since: ago(gone),
        held: 'unreachable',
      })
    }
    if (condition.type !== 'MonitorUnreachable') return condition
    return sick(condition, 'error', {
      reason: 'NoAnswer',
      message: 'nothing answers at /var/run/npd/smart-health.sock: connection refused',
      summary: 'smart-health does not answer',
      since: ago(gone),
      recovery: 'the monitor answers again',
    })
  })
  const monitors = calmMonitors().map((one) =>
    one.name === 'smart-health'
      ? {
          ...one,
          health: 'unreachable' as const,
          since: ago(gone),
          lastError: 'connection refused',
          lastErrorAt: ago(12),
          connection: {
            state: 'paused' as const,
            since: ago(gone - 7),
            why: 'connection refused',
            failures: 6,
            nextTry: ago(-12),
          },
        }
      : one,
  )
  const open = conditions.filter(({ health }) => health === 'problem').map((one) => problemOf(one))
  const dead: Bar = ['error', gone, 0, 'nothing answers at /var/run/npd/smart-health.sock']
  const dark: Bar = ['unknown', gone, 0, 'its monitor does not answer']
  const lanes = CALM_PAST.lanes.map((lane): Lane => {
    if (lane.label === 'smart-health unreachable') return { ...lane, bars: [...lane.bars, dead] }
    return lane.label === 'nvme0n1 failing' ? { ...lane, bars: [...lane.bars, dark] } : lane
  })
  return {
    facts: facts({ conditions, monitors, problems: [...open, ...facts().problems] }),
    past: { ...CALM_PAST, lanes },
  }
}

/** Forty monitors' worth of file systems: a thousand conditions, a few of them sick. */
function thousand(): Scene {
  const conditions: NodeCondition[] = []
  for (let index = 0; index < 1000; index++) {
    const home = `monitor-${String(Math.floor(index / 100)).padStart(2, '0')}`
    const condition = {
      ...healthy(
        home,
        ['DiskFull', `disk:/data/volume-${index}`, `${30 + (index % 50)} % used of 1 TiB, limit 95 %`, 'BelowLimit'],
        3600,
        5,
      ),
      label: `/data/volume-${index} full`,
    }
    conditions.push(
      index % 250 === 7
        ? sick(condition, 'warning', {
            summary: `/data/volume-${index} is 88 % full`,
            message: '88.2 % used of 1 TiB, limit 85 %',
            reason: 'AboveWarningLimit',
            since: ago(300),
          })
        : condition,
    )
  }
  const monitors = [...new Set(conditions.map(({ sources }) => sources[0] ?? ''))].map((name) =>
    monitor(name, '100 file systems', { runs: [run(['disk', 'disk-health-check', 30, 5, 12])] }),
  )
  return {
    facts: facts({
      conditions,
      monitors,
      problems: conditions.filter(({ health }) => health === 'problem').map((one) => problemOf(one)),
    }),
    past: {
      ...CALM_PAST,
      lanes: conditions
        .filter(({ health }) => health === 'problem')
        .map(({ sources, type, entity, label, message }) => ({
          id: conditionId(sources[0] ?? '', type, entity),
          label,
          bars: [['warning', 300, 0, message]],
        })),
    },
  }
}

function nothingKnown(): Scene {
  return {
    facts: {
      node: NODE,
      detector: { state: 'awaited', listeningSince: ago(4) },
      conditions: [],
      problems: [],
      monitors: [],
      settings: SETTINGS,
      remediation: NO_REMEDIATION,
    },
    past: { lanes: [], gaps: [], curves: [], knownS: 0 },
  }
}

/** The agent is there; its monitors have not said anything. */
function noReport(): Scene {
  const awaited = monitor('system', '', {
    health: 'awaited',
    version: '',
    protocol: '',
    lastReport: undefined,
    since: ago(3),
    runs: [],
  })
  const nothing = nothingKnown()
  return {
    ...nothing,
    facts: {
      ...nothing.facts,
      detector: { state: 'live', lastHeartbeat: ago(1), listeningSince: ago(4) },
      monitors: [awaited],
    },
  }
}

const HOSTILE = '<img src=x onerror=alert(1)><script>alert(2)</script>"\'&amp;</td>'
const ENDLESS = 'Aufsichtsratsmitgliederversammlungsprotokollant'.repeat(8)
const RIGHT_TO_LEFT = 'מלא \u202eגם אז\u202c שלוש 96 % נפח'

function hostile(): Scene {
  const bad = sick(healthy('evil<b>', [`Type${HOSTILE}`, `disk:${HOSTILE}`, HOSTILE, HOSTILE]), 'critical', {
    summary: HOSTILE,
    message: `${HOSTILE} ${ENDLESS}`,
    label: HOSTILE,
    since: ago(30),
    recovery: HOSTILE,
    evidence: {
      value: 1e308,
      unit: '<u>%</u>',
      warning: -1e308,
      critical: Number.NaN,
      lowIsBad: false,
      label: HOSTILE,
      detail: ENDLESS,
      metric: HOSTILE,
    },
  })
  const rtl = sick(healthy('evil<b>', ['DiskFull', 'disk:/ערך', RIGHT_TO_LEFT, 'מלא']), 'warning', {
    summary: RIGHT_TO_LEFT,
    message: RIGHT_TO_LEFT,
    label: RIGHT_TO_LEFT,
    since: ago(60),
  })
  const long = unknown(healthy(ENDLESS, [ENDLESS, ENDLESS, ENDLESS, ENDLESS]), { since: ago(90) })
  const calm = healthy('evil<b>', ['A/../../B', 'disk:../../etc?x=1#y', 'line one\nline two\u0000\u0007', 'O\u200bK'])
  const conditions = [bad, rtl, long, calm, ...calmConditions().slice(0, 4)]
  const lane: Lane = {
    id: conditionId('evil<b>', `Type${HOSTILE}`, `disk:${HOSTILE}`),
    label: HOSTILE,
    bars: [['critical', 30, 0, `${HOSTILE} ${ENDLESS}`]],
    ticks: [20],
    marks: [['monitor-restart', 25, HOSTILE]],
  }
  return {
    facts: facts({
      conditions,
      problems: [bad, rtl].map((one) => problemOf(one)),
      monitors: [
        monitor('evil<b>', HOSTILE, {
          version: HOSTILE,
          origin: 'discovered',
          protocol: HOSTILE,
          socket: `/var/run/npd/${HOSTILE}`,
          lastError: `${HOSTILE} ${ENDLESS}`,
          lastErrorAt: ago(10),
          restarts: 3,
          violations: 12,
          lastViolations: [
            { text: 'condition type "Has Space" is not a name', count: 8, lastSeen: ago(3) },
            { text: HOSTILE, count: 1, lastSeen: ago(40) },
            { text: ENDLESS, count: 1, lastSeen: ago(60) },
            { text: 'condition DiskFull was refused: it belongs to system', count: 2, lastSeen: ago(90) },
          ],
          runs: [run([HOSTILE, ENDLESS, 30, 5, 1e9], HOSTILE)],
        }),
        ...calmMonitors().slice(0, 1),
      ],
      settings: {
        ...SETTINGS,
        set: [{ key: HOSTILE, value: ENDLESS, origin: cleanText(RIGHT_TO_LEFT, 120) }],
        refused: [
          {
            key: 'settings.logFile',
            text: 'has no effect: a process logs to standard output',
            origin: 'config.yaml, line 9',
          },
          { key: ENDLESS, text: HOSTILE, origin: cleanText(RIGHT_TO_LEFT, 120) },
        ],
        refusedCount: 102,
      },
    }),
    past: {
      ...CALM_PAST,
      note: HOSTILE,
      lanes: [lane, { ...lane, id: 'gone', label: ENDLESS, bars: [] }, { ...lane, id: 'rtl', label: RIGHT_TO_LEFT }],
      gaps: [{ from: 2000, to: 1500, kind: 'agent-down', text: HOSTILE }],
    },
  }
}

/** A device that people do not call by its identity, and that says what is to be done. */
function device(): Scene {
  const card = healthy('gpu', ['GPURowRemap', 'gpu:GPU-3f7a1c', 'no row waits to be remapped', 'NothingPending'])
  const ill = sick(card, 'critical', {
    summary: 'GPU 3 has rows that cannot be remapped',
    message: 'row remapping failed',
    reason: 'RowRemapFailed',
    label: 'GPU 3, H200 ill',
    since: ago(90),
    action: 'replace-hardware',
    observeOnly: true,
    subject: 'GPU 3, H200',
  })
  const conditions = [ill, ...calmConditions().slice(0, 4)]
  return { facts: facts({ conditions, problems: [problemOf(ill)] }), past: CALM_PAST }
}

/** What the kernel said, word by word. */
export const TRACE = [
  'BUG: kernel NULL pointer dereference, address: 0000000000000008',
  '#PF: supervisor read access in kernel mode',
  '#PF: error_code(0x0000) - not-present page',
  'Oops: 0000 [#1] PREEMPT SMP NOPTI',
  'CPU: 3 PID: 4711 Comm: nvme-worker Tainted: P           O       6.1.0-18-amd64 #1  Debian 6.1.76-1',
  'RIP: 0010:nvme_queue_rq+0x2e/0x8d0 [nvme]',
  'Call Trace:',
  ' <TASK>',
  ...Array.from({ length: 24 }, (_, index) => `\t? blk_mq_dispatch_rq_list+0x${(index * 37).toString(16)}/0x3a0`),
  ' </TASK>',
  '---[ end trace 0000000000000000 ]---',
].join('\n')

/** A type whose words are the kernel's own. */
function verbatim(): Scene {
  const oops = sick(healthy('kernel-log', ['KernelOops', '', TRACE, 'KernelOops']), 'error', {
    summary: 'the kernel stumbled over a bug of its own',
    label: 'kernel bug',
    since: ago(90),
    recovery: 'the node is rebooted',
  })
  const conditions = [oops, ...calmConditions().slice(0, 4)]
  return {
    facts: facts({ conditions, problems: [problemOf(oops, { message: cutText(TRACE, 1024) })] }),
    past: CALM_PAST,
  }
}

/** Seven days of a node that had all of it. */
function week(): Scene {
  const lanes: Lane[] = [...TROUBLED_PAST.lanes]
  const levels: readonly Level[] = ['warning', 'error', 'critical', 'unknown']
  for (let index = 0; index < 24; index++) {
    const bars: Bar[] = []
    for (let day = 6; day >= 0; day--) {
      const began = day * DAY + ((index * 7919 + day * 104_729) % DAY) + 1800
      const level = levels[(index + day) % levels.length] ?? 'warning'
      if ((index * 31 + day * 17) % 3 === 0)
        bars.push([level, began, began - 900 - ((index * 997) % 7000), 'as it was seen then'])
    }
    lanes.push({
      id: `system/DiskSlow/disk:sd${String.fromCharCode(97 + index)}`,
      label: `sd${String.fromCharCode(97 + index)} slow`,
      bars,
    })
  }
  const gaps: Past['gaps'] = [
    { from: 6.1 * DAY, to: 6.02 * DAY, kind: 'agent-down', text: 'agent down for 2 h' },
    { from: 3.4 * DAY, to: 3.395 * DAY, kind: 'reboot', text: 'rebooted, down for 7 min' },
    ...TROUBLED_PAST.gaps,
  ]
  const slow = lanes
    .filter(({ id }) => id.startsWith('system/DiskSlow/'))
    .map(({ id, label, bars }) => ({
      ...healthy(
        'system',
        ['DiskSlow', id.slice('system/DiskSlow/'.length), '4 ms average wait, limit 100 ms', 'WaitsShort'],
        bars.at(-1)?.[2] ?? 8 * DAY,
      ),
      label,
    }))
  const { conditions, ...rest } = troubled()
  return {
    facts: { ...rest, conditions: [...conditions, ...slow] },
    past: { ...TROUBLED_PAST, lanes, gaps, knownS: 7 * DAY },
  }
}

/** The detector froze a moment ago: what stands there is from then. */
function behind(): Scene {
  const from = ago(24)
  const detector = { state: 'live', lastHeartbeat: from, behindSince: from, listeningSince: ago(UP_SECONDS) } as const
  return { facts: facts({ detector }), past: CALM_PAST }
}

/** The detector was heard last at {@link NOW}, and that is a while ago. */
function silent(): Scene {
  const detector = { state: 'stale', lastHeartbeat: NOW, listeningSince: ago(UP_SECONDS) } as const
  return { facts: { ...troubled(), detector }, past: { ...TROUBLED_PAST, ended: true }, laterMs: 462_000 }
}

const machine: readonly Curve[] = curves(false)

export const SCENES = {
  healthy: () => ({ facts: facts(), past: CALM_PAST }),
  problems: () => ({ facts: troubled(), past: TROUBLED_PAST }),
  repairs: () => ({ facts: repairing(troubled()), past: TROUBLED_PAST }),
  'monitor-dead': monitorDead,
  behind,
  silent,
  thousand,
  nothing: nothingKnown,
  'no-report': noReport,
  hostile,
  device,
  verbatim,
  week,
  'first-hour': () => ({
    facts: facts({ problems: [], conditions: calmConditions() }),
    past: { lanes: [], gaps: [], curves: machine, knownS: 1500 },
  }),
} as const satisfies Record<string, () => Scene>

export type SceneName = keyof typeof SCENES
