/** Facts that arrive: in time, in order, once, with their times. */
import { until } from '../../compose/exec.ts'
import { statusOf } from '../agent.ts'
import {
  check,
  checkNothingDoubled,
  checkSince,
  type EventObject,
  isReady,
  kubectl,
  ourConditions,
  ourEvents,
  podOf,
  sinceWhen,
  untilReady,
  VOLATILE,
} from '../cluster.ts'
import { AFTERMATH_MS, type Drill, type DrillContext, pause, seconds } from '../drill.ts'
import { apiDown, apiUp, cut, heal, onNode, reboot } from '../hooks.ts'

function fill(node: string, { drillDir }: DrillContext): void {
  onNode(node, `fallocate -l $(( $(df --output=avail -B1 ${drillDir} | tail -1) * 99 / 100 )) ${drillDir}/full; sync`)
}

function free(node: string, { drillDir }: DrillContext): void {
  onNode(node, `rm -f ${drillDir}/full; sync`)
}

/** Events about the drill's disk that came after a moment. */
function diskEvents(node: string, sinceMs: number): EventObject[] {
  return ourEvents(node).filter(
    ({ reason, firstTimestamp }) => reason.startsWith('DiskFull') && Date.parse(firstTimestamp) >= sinceMs - 1000,
  )
}

/** So long a disk is full, or well again, that its check has seen it and proven it. */
const LASTS_MS = 12_000

/** Full, and well again; returns the moment it began. */
async function fillAndFree(node: string, context: DrillContext, holdMs: number): Promise<number> {
  const beganMs = Date.now()
  fill(node, context)
  await pause(holdMs)
  free(node, context)
  return beganMs
}

async function untilTold(node: string, sinceMs: number, rounds: number, ms: number): Promise<EventObject[]> {
  return until(`${rounds} rounds of DiskFull told of ${node}`, ms, () => {
    const told = diskEvents(node, sinceMs)
    return told.filter(({ reason }) => reason === 'DiskFullResolved').length >= rounds && told
  })
}

function checkOrder(told: readonly EventObject[]): void {
  const times = told.map(({ firstTimestamp }) => Date.parse(firstTimestamp))
  check(
    'they were created in the order in which it happened',
    times.every((time, i) => i === 0 || time >= (times[i - 1] ?? 0)),
  )
}

export const problem: Drill = {
  name: 'problem',
  needs: ['NODE_SHELL'],
  async run(context) {
    const { nodes, say } = context
    const node = nodes[0] ?? ''
    const beganMs = performance.now()
    const began = Date.now()
    fill(node, context)
    const full = await until('DiskFull=True', 60_000, () => {
      const one = ourConditions(node).get('DiskFull')
      return one?.status === 'True' && one
    })
    say(`DiskFull=True on ${node} ${seconds(beganMs)} after the disk was full: ${full.message}`)
    check('its transition is now', Math.abs(Date.parse(full.lastTransitionTime) - began) < 60_000)
    const opened = await until('its event', 20_000, () =>
      diskEvents(node, began).find(({ reason }) => reason === 'DiskFull'),
    )
    check(
      'the event is about the node by its uid',
      opened.involvedObject.apiVersion === 'v1' && opened.involvedObject.uid !== '',
    )
    check('describe shows it', kubectl('describe', 'node', node).includes('DiskFull'))
    check('kubectl events shows it', kubectl('events', '--for', `node/${node}`).includes('DiskFull'))
    free(node, context)
    await until('DiskFull=False', 60_000, () => ourConditions(node).get('DiskFull')?.status === 'False')
    await untilTold(node, began, 1, 20_000)
    checkNothingDoubled(node)
    say('opened and resolved are told once each, in describe and in events')
  },
}

export const partition: Drill = {
  name: 'partition',
  needs: ['NODE_SHELL', 'API_ADDRESS'],
  async run(context) {
    const { nodes, say } = context
    const node = nodes.at(-1) ?? ''
    const since = sinceWhen(node)
    cut(node)
    let began = 0
    try {
      await until(`${node} not ready`, 120_000, () => !isReady(node))
      began = await fillAndFree(node, context, LASTS_MS)
      await pause(LASTS_MS)
      await fillAndFree(node, context, LASTS_MS)
      await pause(AFTERMATH_MS)
      check('nothing of it has arrived', diskEvents(node, began).length === 0)
    } finally {
      heal(node)
    }
    const healedMs = performance.now()
    await until(`${node} ready`, 120_000, () => isReady(node))
    const told = await untilTold(node, began, 2, 90_000)
    say(
      `healed: ${told.length} events of the cut arrived ${seconds(healedMs)} after the way was open: ${told.map(({ reason, firstTimestamp }) => `${reason}@${firstTimestamp.slice(11)}`).join(' ')}`,
    )
    checkOrder(told)
    check(
      'each has the time when it happened, not when it arrived',
      told.every(({ firstTimestamp, metadata }) => Date.parse(metadata.creationTimestamp) > Date.parse(firstTimestamp)),
    )
    checkNothingDoubled(node)
    checkSince(node, since)
  },
}

export const apiServer: Drill = {
  name: 'api-server',
  needs: ['NODE_SHELL', 'API_DOWN', 'API_UP'],
  async run(context) {
    const { say } = context
    // Not the node that was cut off: a disk that came and went there twice is damped the third time, and rightly so.
    const nodes = context.nodes.length > 1 ? context.nodes.slice(0, -1) : context.nodes
    const lastMs = Number(process.env['API_DOWN_SECONDS'] ?? '180') * 1000
    const since = new Map(nodes.map((node) => [node, sinceWhen(node)]))
    const downMs = performance.now()
    apiDown()
    const begun = new Map<string, number>()
    try {
      for (const node of nodes) begun.set(node, await fillAndFree(node, context, 9_000))
      await pause(Math.max(0, lastMs - (performance.now() - downMs)))
    } finally {
      apiUp()
    }
    say(`the API server was away for ${seconds(downMs)}`)
    const upMs = performance.now()
    for (const node of nodes) {
      const told = await untilTold(node, begun.get(node) ?? 0, 1, 120_000)
      checkOrder(told)
      checkNothingDoubled(node)
      checkSince(node, since.get(node) ?? new Map())
    }
    await until('every node ready', 120_000, () => nodes.every(isReady))
    say(`everything of that time is told, once, in order, ${seconds(upMs)} after it came back`)
  },
}

/** When each open problem began that the drills themselves do not move. */
function lastingProblems(node: string): Map<string, string> {
  const lasting = statusOf(node).problems.filter(
    ({ type }) => type === 'ClockUnsynchronised' || !VOLATILE.includes(type),
  )
  return new Map(lasting.map(({ type, entity, opened }) => [`${type} ${entity}`.trim(), opened]))
}

/** The bus's store ends with the boot: what is well may be known since then only, and then `status` says the same. */
function checkSinceReboot(node: string, before: ReadonlyMap<string, string>, rebootMs: number): void {
  const { conditions } = statusOf(node)
  for (const [type, text] of sinceWhen(node)) {
    if (VOLATILE.includes(type) || !before.has(type) || before.get(type) === text) continue
    const [status, , at = ''] = text.split(' ')
    const behind = type === 'NodeDoctorHealthy' ? conditions : conditions.filter((one) => one.type === type)
    const said = behind.map(({ since }) => `${since.slice(0, 19)}Z`)
    check(`${type} of ${node} was "${before.get(type)}", is "${text}", ${said.join()} by status`, said.includes(at))
    const isCalm = status === 'False' || status === 'Unknown'
    check(`${type} of ${node} is no problem, since the boot`, isCalm && Date.parse(at) >= rebootMs - 1000)
  }
}

export const nodeReboot: Drill = {
  name: 'reboot',
  needs: ['NODE_REBOOT', 'NODE_SHELL'],
  async run({ nodes, say }) {
    const node = nodes[1] ?? nodes[0] ?? ''
    const [since, open] = [sinceWhen(node), lastingProblems(node)]
    const began = Date.now()
    const beganMs = performance.now()
    const restarts = () =>
      podOf(node)?.status.containerStatuses?.reduce((sum, { restartCount }) => sum + restartCount, 0) ?? 0
    const [pod, before] = [podOf(node)?.metadata.uid, restarts()]
    reboot(node)
    await until(
      'its containers started anew',
      180_000,
      () => podOf(node)?.metadata.uid !== pod || restarts() >= before + 3,
    )
    await until(`${node} ready`, 180_000, () => isReady(node))
    await untilReady([node], 180_000)
    say(`${node} was rebooted; node and every container ready after ${seconds(beganMs)}`)
    await until('its conditions', 60_000, () => ourConditions(node).has('NodeDoctorHealthy'))
    await pause(AFTERMATH_MS)
    checkSinceReboot(node, since, began)
    const after = lastingProblems(node)
    const anew = [...open].filter(([key, opened]) => after.get(key) !== opened)
    check(`open problems kept their beginning: ${anew.join('; ')}`, anew.length === 0)
    checkNothingDoubled(node)
    say(
      `open problems kept their beginning (${[...open.keys()].join(', ')}); what is well says the same on node and screen`,
    )
  },
}
