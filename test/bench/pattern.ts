/**
 * What it costs to hold a line of a log that matches nothing against many patterns: by the line matcher, and by asking
 * re2js for each pattern, which is told the line as text already.
 */
import { RE2JS } from 're2js'
import { PACKS } from '#log-rules'
import { compilePattern, compileToEnd, createLineMatcher, createPrefilter } from '#pattern'
import { reportFigure } from './figure.ts'

const ROUNDS = 7
const LINES_PER_ROUND = 50_000

/** As many as node-problem-detector's file for the kernel has, and like them. */
const RULES = [
  'Kill process \\d+ (.+) score \\d+ or sacrifice child\\nKilled process \\d+ (.+) total-vm:\\d+kB, anon-rss:\\d+kB.*',
  'task \\S+:\\w+ blocked for more than \\w+ seconds\\.',
  'unregister_netdevice: waiting for \\w+ to become free. Usage count = \\d+',
  'BUG: unable to handle kernel NULL pointer dereference at .*',
  'divide error: 0000 \\[#\\d+\\] SMP',
  'EXT4-fs error .*',
  'EXT4-fs warning .*',
  'Buffer I/O error .*',
  'Remounting filesystem read-only',
  'task docker:\\w+ blocked for more than \\w+ seconds\\.',
  'mce: .*Machine Check Exception.*',
  '.*: renamed from veth.*',
  'nfs: server .* not responding, (?:timed out|still trying)',
  'Out of memory: Killed process \\d+ .*',
]

function rulesOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const rule = RULES[i % RULES.length] as string
    return i < RULES.length ? rule : `driver${i}: ${rule}`
  })
}

/** Lines of a kernel that is well, of 100 bytes each. */
function quietLines(): Buffer[] {
  const starts = [
    'audit: type=1400 audit(1722945128.123:45): apparmor="STATUS" operation="profile_load" profile="unconfined"',
    'IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready, and some more text that goes on for a while yet',
    'nvme nvme0: pci function 0000:00:04.0 has been set up with 8/0/0 default/read/poll queues without error',
    'EXT4-fs (nvme0n1p1): mounted filesystem with ordered data mode. Opts: (null). Quota mode: none, not used.',
    'systemd[1]: Started Daily apt upgrade and clean activities, task of the day; process 4711 is on its way',
  ]
  return Array.from({ length: 500 }, (_, i) =>
    Buffer.from(`${i} ${starts[i % starts.length]}`.padEnd(100, '.').slice(0, 100)),
  )
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] as number
}

/** µs of processor for each line, the median of the rounds after one that warms up. */
function microseconds(run: (index: number) => boolean): number {
  const rounds = Array.from({ length: ROUNDS + 1 }, () => {
    const began = process.cpuUsage()
    for (let i = 0; i < LINES_PER_ROUND; i++) {
      if (run(i % 500)) throw new Error(`line ${i % 500} of the benchmark matches`)
    }
    const { user, system } = process.cpuUsage(began)
    return (user + system) / LINES_PER_ROUND
  })
  return median(rounds.slice(1))
}

const lines = quietLines()
const texts = lines.map(String)

for (const { count, max } of [
  { count: 14, max: 1.1 },
  { count: 100, max: 2.2 },
]) {
  const sources = rulesOf(count)
  const matcher = createLineMatcher(sources.map(compileToEnd))
  const alone = sources.map((source) => RE2JS.compile(`${source}\\z`))
  const ours = microseconds((index) => matcher.push(lines[index] as Buffer).length > 0)
  const theirs = microseconds((index) => alone.some((pattern) => pattern.test(texts[index] as string)))
  reportFigure({
    name: `a line of 100 bytes that matches none of ${count} patterns`,
    value: ours,
    unit: 'µs',
    budget: { max },
    comparedWith: { name: 're2js alone, of one line, decoded', value: theirs },
  })
}

/** Those of the packs, each for one line, beside what ends it; on lines that none of them tells. */
const packed = PACKS.flatMap(({ rules }) => rules)
  .flatMap(({ pattern, recover }) => [pattern, ...(recover?.match === undefined ? [] : [recover.match])])
  .map(compilePattern)
const whole = createLineMatcher(packed, { bufferLines: 1 })
const untold = lines.filter((line) => whole.push(line).length === 0)
const ours = microseconds((index) => whole.push(untold[index % untold.length] as Buffer).length > 0)
const words = createPrefilter(packed.map(({ needs }) => needs))
const theirs = microseconds((index) => words.scan(untold[index % untold.length] as Buffer).words.length > 99)
reportFigure({
  name: `a line that matches none of the packs' ${packed.length} patterns`,
  value: ours,
  unit: 'µs',
  budget: { max: 2.2 },
  comparedWith: { name: 'their words sought alone', value: theirs },
})
