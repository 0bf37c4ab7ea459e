/** Who reads what others write: files of node-problem-detector, lines of logs, output of plug-ins, messages of nameservers. */
import { readFileSync } from 'node:fs'
import { FILE_PIECES, FILE_TEXTS, readText } from '../../libs/config/npd/testing-npd.ts'
import type { PluginAnswer } from '../../libs/host/index.ts'
import { parseDmesgLine, parseKernelRecord } from '../../libs/host/logs/kernel-record.ts'
import { decodeText } from '../../libs/pattern/index.ts'
import { MalformedMessageError } from '../../libs/probe/dns/errors.ts'
import { parseResolvConf } from '../../libs/probe/dns/resolv-conf.ts'
import { searchNames } from '../../libs/probe/dns/search-path.ts'
import { DNS_MESSAGES, DNS_PIECES, drawnAnswer, readHostile } from '../../libs/probe/dns/testing-hostile.ts'
import { parseOutput, worseOf } from '../../services/monitors/custom-plugin/checks/custom-plugin/output.ts'
import { initialConditions, judge } from '../../services/monitors/custom-plugin/checks/npd-plugin/conditions.ts'
import { schema as pluginSchema } from '../../services/monitors/custom-plugin/checks/npd-plugin/config.ts'
import { outcomeOf } from '../../services/monitors/custom-plugin/checks/npd-plugin/outcome.ts'
import { settingsOf } from '../../services/monitors/custom-plugin/checks/npd-plugin/settings.ts'
import { schema as logSchema } from '../../services/monitors/log/checks/npd-log/config.ts'
import { createEvaluator } from '../../services/monitors/log/checks/npd-log/evaluate.ts'
import { createRuleEngine } from '../../services/monitors/log/rules/engine.ts'
import { rulesOfKeys } from '../../services/monitors/log/rules/sources.ts'
import { createLineFormat } from '../../services/monitors/log/sources/line-format.ts'
import { type Draw, mangled, pick } from './fuzz.ts'

const ROOT = new URL('../..', import.meta.url).pathname
/** A file is usable, or says why not; what is usable can be started with. */
export function fuzzFile(draw: Draw): void {
  const { config, kind, faults, warnings } = readText(mangled(draw, FILE_TEXTS, FILE_PIECES))
  if (config === undefined) {
    if (faults.length + warnings.length === 0) throw new Error('neither usable nor told why not')
  } else if (kind === 'log') createEvaluator(logSchema.parse(config))
  else if (kind === 'plugin') settingsOf(pluginSchema.parse(config))
}

const PACKS = ['kernel', 'storage', 'network', 'hardware', 'kubelet', 'runtime']

/** Lines that rules of packs are for. */
function packLines(): readonly string[] {
  return PACKS.flatMap((pack) => {
    const text = readFileSync(`${ROOT}services/monitors/log/packs/${pack}.json`, 'utf8')
    const rules = JSON.parse(text) as readonly { readonly lines: readonly { readonly text: string }[] }[]
    return rules.flatMap(({ lines }) => lines.map(({ text: line }) => Buffer.from(line).toString('latin1')))
  })
}

const NPD_RULES = {
  path: '/config/kernel-monitor.json',
  plugin: 'kmsg',
  conditions: [{ type: 'ReadonlyFilesystem', reason: 'FilesystemIsNotReadOnly', message: '' }],
  rules: [
    ['temporary', 'OOMKilling', 'Killed process \\d+ (.+) total-vm:\\d+kB, anon-rss:\\d+kB, file-rss:\\d+kB.*'],
    ['temporary', 'TaskHung', 'task [\\S ]+:\\w+ blocked for more than \\w+ seconds\\.'],
    ['temporary', 'IOError', 'Buffer I/O error .*'],
    ['permanent', 'FilesystemIsReadOnly', 'Remounting filesystem read-only'],
    ['temporary', 'Either', '(?i)error|BUG: (.*)'],
    ['temporary', 'Two', 'error.*\\n.*error.*'],
  ].map(([type, reason, pattern]) => ({
    type,
    reason,
    pattern,
    condition: 'ReadonlyFilesystem',
    patternGeneratedMessageSuffix: '',
  })),
}
const HEADS = ['6,339,5140900,-;', '3,340,5140901,-,caller=T1;', '<6>[37251.236469] ', '']
const SYSLOG = [
  'Nov 29 22:00:01 host kernel: ',
  'Feb 29 00:00:00 h kernel: ',
  'Dec 31 23:59:60 h kernel: ',
  'Jan  1 00:00:00 kernel: ',
]

/** A line of a log, through who reads it and all rules there are; engines live on, as in a process. */
export function createLineFuzz(): (draw: Draw) => void {
  const lines = packLines()
  const evaluator = createEvaluator(logSchema.parse(NPD_RULES))
  const engine = createRuleEngine(rulesOfKeys({ packs: PACKS as never, rules: [], disable: [] }))
  const format = createLineFormat({ timestamp: '^.{15}', message: 'kernel: (.*)', timestampFormat: 'Jan _2 15:04:05' })
  let at = Date.UTC(2026, 10, 29)
  return (draw) => {
    const said = mangled(draw, lines)
    const text = draw(2000) === 0 ? said.repeat(1 + Math.floor(65_536 / (said.length + 1))).slice(0, 65_536) : said
    const record = parseKernelRecord(pick(draw, HEADS) + text) ?? parseDmesgLine(pick(draw, HEADS) + text)
    const bytes = record?.bytes ?? Buffer.from(text, 'latin1')
    at += draw(3000) - 500
    format.read(Buffer.from(pick(draw, SYSLOG) + text, 'latin1'), new Date(at))
    const alternate = record === undefined ? {} : { alternate: record.deviceText }
    const line = { bytes, at: new Date(at), key: `${at}`, cursor: at, ...alternate }
    for (const { message } of evaluator.push(line, at).events) {
      if (!message.isWellFormed()) throw new Error('a text that is none')
    }
    const now = { wall: new Date(at), monoMs: at }
    const over = draw(50) === 0 ? engine.passed(now) : []
    for (const news of [...over, ...engine.push(line, now)]) {
      if (news.kind === 'event' && !news.message.isWellFormed()) throw new Error('a text that is none')
    }
  }
}

const OUTPUTS = [
  'OK: all is well',
  'WARNING - disk 81% | /=81%;80;90;0;100 time=0.2s',
  '{"status": "warning", "message": "queue", "metrics": {"queue": 7, "x": {"value": 1, "unit": "ms"}}}',
  "DISK CRITICAL - free space: / 3326 MB (56%); | '/ a'=2643MB;5948;5958;0;5968 b=U;1:;@~:5",
  'NTP service is not running\nmore\n',
  '',
]
const SETTINGS = settingsOf(
  pluginSchema.parse({
    path: '/f.json',
    source: 's',
    conditions: [{ type: 'A', reason: 'Up', message: 'up' }],
    rules: [{ type: 'permanent', condition: 'A', reason: 'Down', path: '/x' }],
  }),
)

function answerOf(draw: Draw, stdout: Buffer): PluginAnswer {
  const exitCode = pick(draw, [0, 1, 2, 127, 255, null])
  const signal = exitCode === null ? pick(draw, ['SIGKILL', 'SIGSEGV', 'SIGSYS'] as const) : null
  const result = { exitCode, signal, coreDumped: draw(2) === 0, stdout, stderr: stdout, truncated: false }
  return { kind: 'ended', result: { ...result, timedOut: draw(4) === 0 } }
}

/** Output of a plug-in, as each of the two checks reads it. */
export function createOutputFuzz(): (draw: Draw) => void {
  const at = new Date(0)
  let conditions = initialConditions(SETTINGS.conditions, at)
  const [rule] = SETTINGS.groups.flatMap(({ rules }) => rules)
  if (rule === undefined) throw new Error('there is no rule')
  return (draw) => {
    const text = mangled(draw, OUTPUTS)
    const bytes = Buffer.from(draw(5000) === 0 ? text.repeat(5000).slice(0, 1_048_576) : text, 'latin1')
    const max = pick(draw, [80, 0, 1, 4096])
    const outcome = outcomeOf(answerOf(draw, bytes.subarray(0, 4096)), '/x', max)
    const judged = judge(conditions, rule, outcome, SETTINGS, at)
    conditions = judged.conditions
    if (outcome.output.length > Math.max(max, 60)) throw new Error(`${outcome.output.length} bytes are kept`)
    if (judged.event?.message.isWellFormed() === false) throw new Error('a text that is none')
    const printed = parseOutput(decodeText(bytes).trim(), pick(draw, ['simple', 'json', 'nagios'] as const))
    worseOf(draw(4), printed?.status)
    if (printed?.measured.some(({ value }) => !Number.isFinite(value)) === true)
      throw new Error('a number that is none')
  }
}

function mangledDnsMessage(draw: Draw): Buffer {
  const text = mangled(draw, DNS_MESSAGES, DNS_PIECES)
  const long = draw(300) === 0 ? text + text.slice(12).repeat(Math.floor(65_535 / (text.length + 1))) : text
  const bytes = Buffer.from(long.slice(0, 65_535), 'latin1')
  if (draw(3) === 0 && bytes.length >= 12) bytes.writeUInt16BE(draw(65_536), pick(draw, [6, 8, 10]))
  return bytes
}

/** A message of a nameserver is an answer, or none, or malformed; one in a thousand is as long as can be. */
export function fuzzDnsMessage(draw: Draw): void {
  try {
    readHostile(draw(3) === 0 ? mangledDnsMessage(draw) : drawnAnswer(draw))
  } catch (err) {
    if (!(err instanceof MalformedMessageError)) throw err
  }
}

const RESOLV_CONFS = [
  'nameserver 10.96.0.10\nsearch default.svc.cluster.local svc.cluster.local\noptions ndots:5\n',
  'nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n',
  'nameserver fe80::1%2\nnameserver 010.1\n; no\n# no\ndomain a\nsortlist 10.0.0.0/8\noptions rotate timeout:1 attempts:0\n',
]

/** A resolv.conf is one, whatever is in it. */
export function fuzzResolvConf(draw: Draw): void {
  const conf = parseResolvConf(mangled(draw, RESOLV_CONFS, ['nameserver ', 'options ', '\t', '%', ':', '0x']))
  if (conf.servers.length === 0 || conf.servers.length > 3) throw new Error(`${conf.servers.length} nameservers`)
  const names = searchNames(mangled(draw, ['www.example.com', 'a', 'b.']), conf, 'example.test')
  if (!names.every((name) => /^[!-~]*\.$/.test(name))) throw new Error(`a name that is none: ${names.join(' ')}`)
}

/** What is thrown at whom, and how many of it in a short run. */
export const FUZZ_TARGETS: readonly {
  readonly name: string
  readonly short: number
  readonly create: () => (draw: Draw) => void
}[] = [
  { name: 'files of node-problem-detector', short: 3_000, create: () => fuzzFile },
  { name: 'lines of logs', short: 1_500, create: createLineFuzz },
  { name: 'outputs of plug-ins', short: 30_000, create: createOutputFuzz },
  { name: 'messages of nameservers', short: 20_000, create: () => fuzzDnsMessage },
  { name: 'files that name nameservers', short: 5_000, create: () => fuzzResolvConf },
]
