import { readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { whyNoJournals, writeJournal } from '../host/logs/journal/testing-journal.ts'
import { mountLoop, processState, run, tempFolder, whyNoMounts } from '../host/testing.ts'
import { logCounter } from './index.ts'
import { createLineCount } from './log-counter/count.ts'
import { parseJournalLine } from './log-counter/journal-line.ts'
import { startMs } from './log-counter/options.ts'
import { runTool } from './testing-tools.ts'
import type { LeftProgram } from './tool.ts'

/** What `journalctl --output=json` prints of a line so many seconds ago. */
function entry(secondsAgo: number, MESSAGE: unknown): string {
  const atUs = BigInt(Math.round(Date.now() - secondsAgo * 1000)) * 1000n
  return JSON.stringify({ __REALTIME_TIMESTAMP: String(atUs), MESSAGE, SYSLOG_IDENTIFIER: 'kernel' })
}

function counts(words: readonly string[], lines: readonly string[]) {
  const text = lines.length === 0 ? 'exit 0' : `cat <<'END'\n${lines.join('\n')}\nEND`
  return runTool(logCounter, { words, programs: { journalctl: text } })
}

const KERNEL = ['--journald-source=kernel', '--lookback=20m', '--pattern=unregister_netdevice: waiting for \\w+.*']
const LINE = 'unregister_netdevice: waiting for lo to become free. Usage count = 1'

describe('log-counter', () => {
  it('says how often it found the pattern, where that is often enough', async () => {
    const said = await counts([...KERNEL, '--count=2'], [entry(60, LINE), entry(50, 'other'), entry(40, LINE)])
    expect(said).toMatchObject({
      exitCode: 1,
      stdout: 'Found 2 matching logs, which meets the threshold of 2\n',
    })
    expect(said.asked).toMatch(
      /^journalctl --quiet --no-pager --all --output=json --since=@\d+ SYSLOG_IDENTIFIER=kernel\n$/,
    )
  })

  it('is silent where it is not, or where another line takes it back', async () => {
    const lines = [entry(60, LINE), entry(50, 'all devices are back')]
    expect(await counts([...KERNEL, '--count=2'], lines)).toMatchObject({ exitCode: 0, stdout: '' })
    const back = await counts([...KERNEL, '--revert-pattern=.*are back'], lines)
    expect(back).toMatchObject({ exitCode: 0, stdout: '' })
  })

  it('counts neither what was before, nor what comes after it began', async () => {
    const lines = [entry(1_201, LINE), entry(1_190, LINE), entry(-60, LINE), entry(10, LINE)]
    expect((await counts(KERNEL, lines)).stdout).toBe('Found 1 matching logs, which meets the threshold of 1\n')
    expect((await counts(['--journald-source=kernel', '--pattern=.*'], lines)).exitCode).toBe(0)
  })

  it('reads lines that are no text', async () => {
    const bytes = [...Buffer.from(LINE), 0xff]
    expect((await counts(KERNEL, [entry(60, bytes), entry(60, null)])).exitCode).toBe(1)
  })

  it.each([
    [['--pattern=x'], 2, 'error watching journald: failed to filter journal log, empty source is not allowed'],
    [
      ['--journald-source=k', '--log-path=/nowhere'],
      2,
      'error watching journald: failed to stat the log path "/nowhere": stat /nowhere: no such file or directory',
    ],
    [
      ['--journald-source=k', `--log-path=/tmp/${'x'.repeat(300)}`],
      2,
      expect.stringMatching(
        /^error watching journald: failed to stat the log path ".*": cannot look for \/tmp.*: ENAMETOOLONG/,
      ),
    ],
    [['--journald-source=k', '--lookback=1d'], 255, ''],
    [['--journald-source=k', '--lookback=5m', '--pattern=('], 2, ''],
    [['--count=x'], 2, ''],
  ])('of %j it says what is wrong', async (words, exitCode, stdout) => {
    expect(await counts(words, [entry(60, LINE)])).toMatchObject({ exitCode, stdout })
  })

  it.each([
    ['exit 1', 'ended with 1: it says nothing'],
    [
      'echo first >&2; echo "No journal files were opened." >&2; echo >&2; exit 1',
      'ended with 1: No journal files were opened.',
    ],
    ['echo half >&2; kill -9 $$', 'was ended by SIGKILL: half'],
  ])('says it where the journal could not be read to its end: %s', async (end, why) => {
    const journalctl = `cat <<'END'\n${entry(60, LINE)}\nEND\n${end}`
    expect(await runTool(logCounter, { words: KERNEL, programs: { journalctl } })).toMatchObject({
      exitCode: 2,
      stdout: `error watching journald: journalctl ${why}`,
    })
  })

  const IGNORED = 'Journal file /var/log/journal/1/system.journal is truncated, ignoring file.'
  const damaged = (...ago: number[]) =>
    `echo "${IGNORED}" >&2; cat <<'END'\n${ago.map((each) => entry(each, LINE)).join('\n')}\nEND\nexit 0`

  it('does not call well what journalctl passed over, and counts what it did not', async () => {
    const counting = (...ago: number[]) =>
      runTool(logCounter, { words: [...KERNEL, '--count=2'], programs: { journalctl: damaged(...ago) } })
    const unread = { exitCode: 2, stdout: `error watching journald: journalctl has not read all of it: ${IGNORED}` }
    expect(await counting(60)).toMatchObject(unread)
    // Also where a line behind its own beginning ends it.
    expect(await counting(60, -60)).toMatchObject(unread)
    expect((await counting(60, 50)).exitCode).toBe(1)
  })

  it('passes over what was last written before what is asked, and says of what was not the first', async () => {
    await using folder = await tempFolder()
    const files = ['a.journal~', 'b with a name.journal', 'c.journal'].map((name) => join(folder.path, name))
    const [truncated, corrupted, unsupported] = files
    const said = [
      `Journal file ${truncated} is truncated, ignoring file.`,
      `Journal file ${corrupted} corrupted, ignoring file.`,
      `Journal file ${unsupported} uses an unsupported feature, ignoring file.`,
      `Use SYSTEMD_LOG_LEVEL=debug journalctl --file=${unsupported} to see the details.`,
    ]
    const journalctl = `cat >&2 <<'END'\n${said.join('\n')}\nEND`
    const counting = () => runTool(logCounter, { words: KERNEL, programs: { journalctl } })
    const writtenAgo = async (path: string, seconds: number) => {
      await writeFile(path, '')
      await utimes(path, new Date(), new Date(Date.now() - seconds * 1000))
    }
    for (const path of files) await writtenAgo(path, 1_300)
    expect(await counting()).toMatchObject({ exitCode: 0, stdout: '' })
    await writtenAgo(unsupported as string, 1_190)
    expect((await counting()).stdout).toMatch(
      /^error watching journald: .* not read all of it: Journal file .*feature, /,
    )
    await rm(truncated as string)
    expect((await counting()).stdout).toContain(said[0])
  })

  it('hears of that whatever the environment wishes to be logged, and of nothing else', async () => {
    const env = { SYSTEMD_LOG_LEVEL: 'debug', SYSTEMD_LOG_TARGET: 'null' }
    const programs = { journalctl: 'echo "$SYSTEMD_LOG_LEVEL $SYSTEMD_LOG_TARGET" >&2' }
    const { stdout } = await runTool(logCounter, { words: KERNEL, programs, env })
    expect(stdout).toBe('error watching journald: journalctl has not read all of it: warning console')
  })

  it('takes no silence for the end, and needs none where a line is behind its own beginning', async () => {
    const lines = (...all: string[]) => `cat <<'END'\n${all.join('\n')}\nEND`
    const clock = systemClock()
    // What waits for a second waits for none of it.
    const hasty = { ...clock, after: (ms: number, run: () => void) => clock.after(ms > 1_000 ? 50 : ms, run) }
    const slow = `${lines(entry(60, LINE))}\nsleep 0.5\n${lines(entry(50, LINE))}`
    const words = [...KERNEL, '--count=2']
    expect(
      (await runTool(logCounter, { words, programs: { journalctl: slow }, around: { clock: hasty } })).exitCode,
    ).toBe(1)
    const endless = `${lines(entry(60, LINE), entry(50, LINE), entry(-60, LINE))}\nexec sleep 30`
    expect((await runTool(logCounter, { words, programs: { journalctl: endless } })).exitCode).toBe(1)
  })

  it('says it where there is no journalctl', async () => {
    const said = await runTool(logCounter, { words: KERNEL, programs: {} })
    expect(said.exitCode).toBe(2)
    expect(said.stdout).toMatch(/^error watching journald: failed to create journal client: .*journalctl/)
  })
})

it.skipIf(whyNoJournals() !== '')(
  'of a real journal a damaged file counts as long as it may hold what is asked',
  async () => {
    await using folder = await tempFolder()
    const files = join(folder.path, '0123456789abcdef0123456789abcdef')
    const fields = { MESSAGE: LINE, SYSLOG_IDENTIFIER: 'kernel' }
    await writeJournal(join(files, 'system.journal'), [{ realtimeUs: Date.now() * 1000 - 60_000_000, fields }])
    const damaged = join(files, 'system@damaged.journal')
    await writeFile(damaged, (await readFile(join(files, 'system.journal'))).subarray(0, 100))
    const words = [...KERNEL, `--log-path=${folder.path}`]
    const counting = (count: number) =>
      runTool(logCounter, {
        words: [...words, `--count=${count}`],
        programs: { journalctl: 'exec /usr/bin/journalctl "$@"' },
      })
    expect((await counting(1)).exitCode).toBe(1)
    const unread = `Journal file ${damaged} is truncated, ignoring file.`
    expect((await counting(2)).stdout).toBe(`error watching journald: journalctl has not read all of it: ${unread}`)
    await utimes(damaged, new Date(), new Date(Date.now() - 3_600_000))
    expect(await counting(2)).toMatchObject({ exitCode: 0, stdout: '' })
  },
)

it.skipIf(whyNoMounts() !== '')(
  'a journal on a disk that hangs is left behind and told, and holds nobody who stops',
  async () => {
    await using folder = await tempFolder()
    await using mount = await mountLoop(folder.path, 16, ['mkfs.ext4', '-q', '-F'])
    await run('fsfreeze', '-f', mount.path)
    await using cleanup = new AsyncDisposableStack()
    cleanup.defer(() => run('fsfreeze', '-u', mount.path).then(() => undefined))
    const file = join(folder.path, 'pid')
    const journalctl = `echo $$ > ${file}; exec /usr/bin/dd if=/dev/zero of=${mount.path}/x count=1`
    const stop = new AbortController()
    const left: LeftProgram[] = []
    const around = { signal: stop.signal, onAbandoned: (one: LeftProgram) => void left.push(one) }
    const counting = runTool(logCounter, { words: KERNEL, programs: { journalctl }, around }).catch(String)
    await expect.poll(async () => processState(Number(await readFile(file, 'utf8').catch(() => '0')))).toBe('D')
    const stopped = performance.now()
    stop.abort(new Error('enough'))
    expect(await counting).toBe('Error: enough')
    expect(performance.now() - stopped).toBeLessThan(1_300)
    expect(left).toMatchObject([{ pid: Number(await readFile(file, 'utf8')) }])
    await cleanup.disposeAsync()
    await left[0]?.ended
  },
)

describe('lines are counted from', () => {
  const nowMs = 10_000_000
  it.each([
    ['', '', nowMs],
    ['5m', '', nowMs - 300_000],
    ['2h', '', nowMs - 3_600_000],
    ['2h', '10m', nowMs - 3_000_000],
    ['1m', '2h', nowMs + 3_600_000],
  ])('lookback %j and delay %j on', (lookback, delay, expected) => {
    expect(startMs(nowMs, 3_600, lookback, delay)).toBe(expected)
  })
})

describe('whatever the journal says', () => {
  it('a line is read, or none', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.anything().map((one) => JSON.stringify({ MESSAGE: one })),
        ),
        (text) => {
          const line = parseJournalLine(text ?? '')
          expect(line === undefined || typeof line.atUs === 'bigint').toBe(true)
        },
      ),
    )
  })

  it('patterns over several lines count as over the lines of a log', () => {
    const lines = createLineCount('(?m)^begin\\nend', 'sorry')
    for (const text of ['begin', 'end', 'end', 'sorry', 'begin', 'end']) lines.push(Buffer.from(text))
    expect(lines.count).toBe(1)
  })
})
