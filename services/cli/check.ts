/** One check, now: what it finds, what it costs, and how late it was itself. */

import { addedBy, type CalledType, calledType, type NodeDoctorConfig, nearestName, typeNames } from '#config'
import { type CheckRun, entityWord, type MonitorState, type Observation, type Report } from '#model'
import { DetectorService } from '#proto/nodedoctor/v1/detector.ts'
import { connectUnix, type RpcClient } from '#rpc'
import { firstLine, renderEvidence, renderNumber, subjectWords } from '#view'
import { fromProtoMonitorState, fromProtoReport } from '#wire'
import { EXIT_UNKNOWN, explainNoAnswer, type NoAnswer, saidOfMonitor, tell } from './ask.ts'
import { CONFIG_OPTIONS, type Command, OUTPUT_OPTION, wantsJson } from './command.ts'
import { CliUsageError } from './errors.ts'
import { detectorSocket } from './node.ts'
import { whyNotHere } from './not-here.ts'
import { inLine, say, sayJson } from './print.ts'
import { configOf } from './settings.ts'
import { renderTable } from './table.ts'

/** Longer than the detector gives a monitor for it. */
const TIMEOUT_MS = 35_000
/** What every report of a monitor says of its process is none of a check. */
const OF_PROCESS = 'process_'
/** Of one that names nothing. */
const NOTHING =
  'It found nothing to judge: this machine has no such thing, or the check tells what it follows as it happens (node-doctor status --all).'
/** Of a message in the table. */
const CELL = 500

const EXIT_HEALTHY = 0
const EXIT_PROBLEM = 1

/** A check of a monitor. */
interface Known {
  readonly monitor: string
  readonly check: string
  readonly type: string
}

/** Every check that a monitor has run, or the configuration names. */
function knownIn(monitors: readonly MonitorState[], configured: readonly Known[]): readonly Known[] {
  const ran = monitors.flatMap(({ name, runs }) =>
    runs.map(({ check, checkType }) => ({ monitor: name, check, type: checkType })),
  )
  const isNew = (one: Known) => !ran.some(({ monitor, check }) => monitor === one.monitor && check === one.check)
  return [...ran, ...configured.filter(isNew)]
}

/** Whether a check is of a type, by whichever of its names either is called: "dns" is of "network-dns-check" too. */
function isOfType({ type, monitor }: Known, name: string): boolean {
  const wanted = [name, `${monitor}-${name}`, `${monitor}-${name}-check`, ...(calledType(name)?.types ?? [])]
  return [type, ...(calledType(type)?.types ?? [])].some((one) => wanted.includes(one))
}

/** Those of this name; where there is none those of this type. */
function calledBy(name: string, known: readonly Known[]): readonly Known[] {
  const exact = known.filter(({ check }) => check === name)
  return exact.length > 0 ? exact : known.filter((one) => isOfType(one, name))
}

/** By a type's name, or what is left of one without its monitor: "kubelet" of "kubernetes-kubelet-check". */
function calledAs(name: string): CalledType | undefined {
  const whole = typeNames().find((type) => [name, `${name}-check`].includes(type.replace(/^[a-z]+-/, '')))
  return calledType(name) ?? (whole === undefined ? undefined : calledType(whole))
}

/** Of a name that a type has, and of which no check is here: "it is of type network-peers, of which this node has none". */
function notHere(name: string): string | undefined {
  const called = calledAs(name)
  if (called === undefined) return undefined
  if (called.types.length === 0) return `nobody serves that type${called.instead === '' ? '' : `: ${called.instead}`}`
  const adding = [...new Set(called.types.flatMap((type) => addedBy(type) ?? []))].map((monitor) => `"${monitor}"`)
  const how = adding.length === 0 ? 'write' : `add ${adding.join(' and ')} to defaultMonitors, or write`
  return `it is of type ${called.types.join(' and ')}, of which the configuration of this node has none; ${how} a check of that type into monitors`
}

/** The name that was meant: rather one by which something is found here. */
function meant(name: string, known: readonly Known[]): string | undefined {
  const all = typeNames()
  const here = known.flatMap(({ check, type }) => [check, type])
  const found = all.filter((one) => known.some((each) => isOfType(each, one)))
  return nearestName(name, [...here, ...found]) ?? nearestName(name, all)
}

function notKnown(name: string, known: readonly Known[]): string {
  const near = meant(name, known)
  const why = notHere(name)
  const hint = why === undefined ? (near === undefined ? '.' : `; did you mean ${near}?`) : `: ${why}.`
  return `there is no check ${JSON.stringify(name)}${hint} The checks of this node: ${known.map(({ check }) => check).join(', ') || 'none'}.`
}

/** What a check found, or why there is nothing here for it. */
type Found = { readonly report: Report } | { readonly nothing: string }

/** @throws RpcError where it is the detector that did not answer */
async function foundBy(
  client: RpcClient,
  one: Known,
  { settings, monitors }: NodeDoctorConfig,
): Promise<Found | NoAnswer> {
  const answer = await reportOf(client, one)
  const entry = monitors.find(({ name }) => name === one.check)
  const isNothing = 'code' in answer || isSilent(answer, one.check)
  const nothing = isNothing && entry !== undefined ? await whyNotHere(entry, settings.hostRoot) : undefined
  if (nothing !== undefined) return { nothing }
  return 'code' in answer ? answer : { report: answer }
}

function nothingHere({ check, type, monitor }: Known, why: string): string {
  return `${inLine(check, 80)} (${inLine(type, 80)}) of the monitor ${inLine(monitor, 80)}: ${why}`
}

/** What was found, or why there is no answer. @throws RpcError where it is the detector that did not answer */
async function reportOf(client: RpcClient, { monitor, check }: Known): Promise<Report | NoAnswer> {
  try {
    const { report } = await client.call(DetectorService.check, { monitor, check }, { timeoutMs: TIMEOUT_MS })
    if (report !== undefined) return fromProtoReport(report, new Date())
  } catch (err) {
    const said = saidOfMonitor(err, monitor)
    if (said === undefined) throw err
    return said
  }
  const message = `the monitor ${inLine(monitor, 80)} has not said yet what its checks may say`
  return { code: 'MONITOR', message, advice: 'It has just been started: ask again.' }
}

/** What a run took: "312 ms, of which 1.4 ms of processor time; late by 0 ms". */
function tookWords({ durationUs, costUs, lateUs }: CheckRun): string {
  const ms = (us: number) => `${renderNumber(us / 1000)} ms`
  const cost = costUs === undefined ? '' : `, ${ms(costUs)} of processor time`
  const late = lateUs === undefined ? '' : `, late by ${ms(lateUs)}`
  return `took ${ms(durationUs)}${cost}${late}`
}

function evidenceOf({ evidence }: Observation): string {
  return evidence === undefined ? '' : renderEvidence(evidence)
}

/** Whether a report says nothing at all. */
function isSilent({ observations, events, metrics, runs }: Report, check: string): boolean {
  const run = runs.find((one) => one.check === check)
  const measured = metrics.filter(({ name }) => !name.startsWith(OF_PROCESS))
  return [observations, events, measured].every(({ length }) => length === 0) && (run === undefined || run.error === '')
}

function renderReport({ monitor, check, type }: Known, report: Report): string {
  const findings = report.observations.map((one) => [
    one.pending === true ? `${one.health}, being watched` : one.health,
    one.type,
    subjectWords(one.subject, entityWord(one.entity)),
    one.reason,
    firstLine(one.message, CELL),
    evidenceOf(one),
  ])
  const events = report.events.map((one) => [
    one.severity,
    one.reason,
    entityWord(one.entity),
    firstLine(one.message, CELL),
  ])
  const ofCheck = report.metrics.filter(({ name }) => !name.startsWith(OF_PROCESS))
  const measured = ofCheck.map(({ name, labels, value }) => [
    name,
    Object.entries(labels)
      .map(([label, text]) => `${label}=${text}`)
      .join(' '),
    renderNumber(value),
  ])
  const tables = [
    [['STATE', 'CONDITION', 'ENTITY', 'REASON', 'MESSAGE', 'EVIDENCE'], findings],
    [['EVENT', 'REASON', 'ENTITY', 'MESSAGE'], events],
    [['MEASURED', 'OF', 'VALUE'], measured],
  ] as const
  const run = report.runs.find((one) => one.check === check)
  return [
    `${inLine(check, 80)} (${inLine(type, 80)}) of the monitor ${inLine(monitor, 80)}${run === undefined ? '' : ` ${tookWords(run)}`}`,
    ...(run === undefined || run.error === '' ? [] : [`It could not look at everything: ${inLine(run.error)}`]),
    ...(isSilent(report, check) ? [NOTHING] : []),
    ...tables.flatMap(([head, rows]) => (rows.length === 0 ? [] : [`\n${renderTable(head, rows)}`])),
  ].join('\n')
}

function exitCodeOf(reports: readonly Report[]): number {
  const all = reports.flatMap(({ observations }) => observations)
  if (all.some(({ health, pending }) => health === 'problem' && pending !== true)) return EXIT_PROBLEM
  const failed = reports.some(({ runs }) => runs.some(({ error }) => error !== ''))
  return failed || all.some(({ health }) => health === 'unknown') ? EXIT_UNKNOWN : EXIT_HEALTHY
}

export const check: Command = {
  name: 'check',
  summary: 'runs one check now, and says what it finds',
  help: `Usage: node-doctor check NAME [-o json]

Runs a check now, by its monitor, and says what it finds: each condition, its evidence, what was measured, how long that took, what
it cost of the processor, and for how long the monitor itself was kept from working meanwhile. What it finds counts as any other
turn's does.

NAME is a check's name in the configuration, or its type: disk-health-check, dns for network-dns-check, or as the Go Node Doctor calls
it: network-ip-forwarding, http-health-check. Where several are of that type each of them is run.

Options:
  --run-dir DIR    where the sockets are (env NODE_DOCTOR_RUN_DIR)
  --config FILE    the configuration that says where they are
  -o json          what was found as JSON

Exit code: 0 healthy, or nothing of that kind on this machine, 1 it found a problem, 2 wrong command line or no such check, 3 not known or no answer.`,
  options: { ...CONFIG_OPTIONS, ...OUTPUT_OPTION },
  positionals: 1,
  async run(values, [name = '']) {
    const json = wantsJson(values)
    if (name.trim() === '') throw new CliUsageError('check: expected the name of a check, such as disk')
    const config = await configOf(values)
    const { settings, monitors } = config
    const client = connectUnix(detectorSocket(settings.runDir))
    try {
      const answer = await client.call(DetectorService.listMonitors, {}, { timeoutMs: TIMEOUT_MS })
      const states = answer.monitors.map((monitor) => fromProtoMonitorState(monitor, new Date()))
      const configured = monitors
        .filter(({ enabled, monitor }) => enabled && monitor !== '')
        .map(({ monitor, name: own, type }) => ({ monitor, check: own, type }))
      const known = knownIn(states, configured)
      const wanted = calledBy(name, known)
      if (wanted.length === 0) throw new CliUsageError(`check: ${notKnown(name, known)}`)
      const found: Found[] = []
      for (const one of wanted) {
        const answer = await foundBy(client, one, config)
        if ('code' in answer) return tell(answer, settings.runDir, values)
        found.push(answer)
        const words = 'report' in answer ? renderReport(one, answer.report) : nothingHere(one, answer.nothing)
        if (!json) say(`${found.length > 1 ? '\n' : ''}${words}`)
      }
      if (json) sayJson({ checks: wanted.map((one, index) => ({ ...one, ...found[index] })) }, 2)
      return exitCodeOf(found.flatMap((each) => ('report' in each ? each.report : [])))
    } catch (err) {
      if (err instanceof CliUsageError) throw err
      tell(explainNoAnswer(err, settings.runDir), settings.runDir, values)
      return EXIT_UNKNOWN
    } finally {
      client.close()
    }
  },
}
