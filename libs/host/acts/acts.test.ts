/** A real systemd that is told what to do, and programs that run as its units. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '#clock'
import { createHost } from '../host.ts'
import { type TempFolder, tempFolder } from '../testing.ts'
import { type SystemdMachine, startSystemd, whyNoSystemd } from '../units/testing-systemd.ts'
import { createHostActs, type HostActs, type HostProgram } from './index.ts'

const why = whyNoSystemd()
if (why !== '') console.log(`acts on a real systemd: ${why}`)

const never = new AbortController().signal
const PROGRAM = { description: 'a test', runMs: 20_000 } as const

describe.skipIf(why !== '')('acts on a systemd', () => {
  let machine: SystemdMachine
  let shared: TempFolder
  let acts: HostActs
  let tries = 0

  beforeAll(async () => {
    shared = await tempFolder()
    machine = await startSystemd(
      {
        'nd-up.service': '[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/true\n',
        'nd-fails.service': '[Service]\nType=oneshot\nExecStart=/bin/false\n',
        'nd-late.service': '[Service]\nType=oneshot\nExecStart=/bin/sleep 2\n',
        'nd-slow.service': '[Service]\nExecStart=/bin/sleep infinity\nExecStop=/bin/sleep 2\n',
      },
      [shared.path],
    )
    acts = anew()
  }, 60_000)
  afterAll(async () => {
    await machine?.[Symbol.asyncDispose]()
    await shared?.[Symbol.asyncDispose]()
  }, 30_000)

  /** As after a kill: nothing is remembered but what stands in the folder. */
  function anew(): HostActs {
    return createHostActs({
      host: createHost({ root: machine.root }),
      clock: systemClock(),
      folder: join(shared.path, 'acts'),
    })
  }
  function sh(name: string, text: string, more: Partial<HostProgram> = {}): HostProgram {
    return { ...PROGRAM, name, command: ['/bin/sh', '-c', text], ...more }
  }

  it('says how a job ended, and of what does not end in time that it runs', async () => {
    const { systemd } = acts
    expect(await systemd.job('start', 'nd-up', { timeoutMs: 5_000 })).toEqual({
      kind: 'said',
      value: { result: 'done' },
    })
    const up = await systemd.standing('nd-up')
    expect(up).toMatchObject({
      value: { id: 'nd-up.service', names: ['nd-up.service'], activeState: 'active', hasJob: false, canReload: true },
    })
    expect(await systemd.job('restart', 'nd-up', { timeoutMs: 5_000 })).toMatchObject({ value: { result: 'done' } })
    const again = await systemd.standing('nd-up')
    if (up.kind === 'unknown' || again.kind === 'unknown') throw new Error('not known')
    expect(again.value.invocationId).toMatch(/^[0-9a-f]{32}$/)
    expect(again.value.invocationId).not.toBe(up.value.invocationId)
    expect(again.value.mainPid).not.toBe(up.value.mainPid)
    expect(await systemd.job('start', 'nd-fails', { timeoutMs: 5_000 })).toMatchObject({ value: { result: 'failed' } })
    expect(await systemd.standing('nd-fails')).toMatchObject({ value: { activeState: 'failed', result: 'exit-code' } })
    expect(await systemd.resetFailed('nd-fails')).toMatchObject({ kind: 'said' })
    expect(await systemd.standing('nd-fails')).toMatchObject({ value: { activeState: 'inactive' } })
    await systemd.job('start', 'nd-slow', { timeoutMs: 5_000 })
    expect(await systemd.job('stop', 'nd-slow', { timeoutMs: 500 })).toMatchObject({ value: { result: 'running' } })
    expect(await systemd.standing('nd-slow')).toMatchObject({
      value: { activeState: 'deactivating', hasJob: true },
    })
    expect(await systemd.job('reload', 'nd-none', { timeoutMs: 5_000 })).toMatchObject({
      kind: 'unknown',
      reason: 'refused',
      errorName: 'org.freedesktop.systemd1.NoSuchUnit',
    })
    expect(await systemd.standing('a b')).toMatchObject({ kind: 'unknown', reason: 'refused' })
  })

  it('believes nobody but systemd of how a job ended: anybody may send us a signal', async () => {
    const job = acts.systemd.job('start', 'nd-late', { timeoutMs: 10_000 })
    const listed = () => machine.inside('systemctl', 'list-jobs', '--no-legend')
    await expect.poll(listed, { timeout: 2_000, interval: 50 }).toContain('nd-late.service')
    const id = /^\s*(\d+)/.exec(await listed())?.[1] ?? ''
    const lie = `"$1" org.freedesktop.systemd1.Manager JobRemoved uoss "$2" "/org/freedesktop/systemd1/job/$2" nd-late.service failed`
    const toAll = `for to in $(busctl list --unique --no-legend | cut -d' ' -f1); do busctl emit --destination="$to" ${lie}; done`
    for (const path of ['/org/freedesktop/systemd1', '/a/lie'])
      await machine.inside('setpriv', '--reuid=65534', 'sh', '-c', toAll, 'sh', path, id)
    expect(await job).toEqual({ kind: 'said', value: { result: 'done' } })
  })

  it('runs a program with its words and its environment as they are, and tells its code and its output', async () => {
    const words = ['$HOME', '${PATH}', '%n', '$(id)', '"; rm -rf /', "it's", 'ü\n', '']
    const told = await acts.programs.run(
      {
        ...PROGRAM,
        name: 'words',
        command: ['/bin/sh', '-c', 'printf "<%s>" "$@" "$PROBLEM_MESSAGE"; exit 3', 'sh', ...words],
        env: { PROBLEM_MESSAGE: '$HOME `id` %h\n"' },
      },
      { signal: never },
    )
    expect(told).toEqual({
      kind: 'ended',
      isSuccess: false,
      isTimedOut: false,
      exitCode: 3,
      words: 'exited with code 3',
      text: [...words, '$HOME `id` %h\n"'].map((word) => `<${word}>`).join(''),
      isCut: false,
    })
  })

  it('keeps the beginning and the end of 10 MB, and waits for nothing that a program leaves behind', async () => {
    const loud = 'echo begins; head -c 10000000 /dev/zero | tr "\\0" x; echo; echo ends'
    const [much, forked] = await Promise.all([
      acts.programs.run(sh('loud', loud), { signal: never }),
      acts.programs.run(sh('forks', 'setsid sh -c "sleep 300" & echo away'), { signal: never }),
    ])
    if (much.kind === 'refused') throw new Error(much.message)
    expect([much.text.slice(0, 8), much.text.slice(-7), much.isCut]).toEqual(['begins\nx', 'x\nends\n', true])
    expect(Buffer.byteLength(much.text)).toBeLessThan(66_000)
    expect(forked).toMatchObject({ kind: 'ended', isSuccess: true, text: 'away\n' })
    const left = await machine.systemctl('list-units', '--all', '--plain', '--no-legend', 'node-doctor-act-*')
    expect(left).toBe('')
  })

  it('ends what takes too long with all that it started, and runs what comes afterwards, however it ended', async () => {
    const after = (name: string): Pick<HostProgram, 'afterwards'> => ({
      afterwards: [['/bin/sh', '-c', 'echo up >"$1"', 'sh', join(shared.path, name)]],
    })
    const [late, killed, none, deaf, called] = await Promise.all([
      acts.programs.run(sh('late', 'sleep 300', { runMs: 500, ...after('late-up') }), { signal: never }),
      acts.programs.run(sh('killed', 'kill -KILL $$', after('killed-up')), { signal: never }),
      acts.programs.run({ ...PROGRAM, name: 'none', command: ['/no/such'] }, { signal: never }),
      acts.programs.run(sh('deaf', 'trap "" TERM; sleep 300', { runMs: 500 }), { signal: never }),
      acts.programs.run(sh('called', 'sleep 300'), { signal: never, cancel: AbortSignal.timeout(1_000) }),
    ])
    expect(late).toMatchObject({ kind: 'ended', isSuccess: false, isTimedOut: true })
    expect(deaf).toMatchObject({
      kind: 'ended',
      isTimedOut: true,
      words: 'was ended by SIGKILL, since its time was over',
    })
    expect(killed).toMatchObject({ kind: 'ended', isSuccess: false, words: 'was ended by SIGKILL' })
    expect(none).toMatchObject({ kind: 'ended', isSuccess: false, exitCode: 127 })
    expect(called).toMatchObject({ kind: 'ended', isSuccess: false, words: 'was ended by SIGTERM' })
    expect((await readdir(shared.path)).filter((name) => name.endsWith('-up')).sort()).toEqual(['killed-up', 'late-up'])
  })

  it('runs a program once under a name, whoever asks again, also one who knows nothing of the first', async () => {
    // A second try knows nothing of the first.
    const name = `once${tries++}`
    const counts = join(shared.path, name)
    await writeFile(counts, '')
    const once = sh(name, `echo ran >>${counts}; sleep 1; echo done`)
    const leaves = new AbortController()
    const begun: boolean[] = []
    const first = acts.programs.run(once, { signal: leaves.signal, onBegun: () => leaves.abort(new Error('killed')) })
    await expect(first).rejects.toThrow('killed')
    const onBegun = (joined: boolean): void => void begun.push(joined)
    const both = await Promise.all([1, 2].map(() => anew().programs.run(once, { signal: never, onBegun })))
    const later = await anew().programs.run(once, { signal: never, onBegun })
    for (const end of [...both, later]) expect(end).toMatchObject({ isSuccess: true, text: 'done\n' })
    expect(begun).toEqual([true, true, true])
    expect((await readdir(join(shared.path, 'acts'))).filter((file) => file.startsWith(`${name}.`)).sort()).toEqual([
      `${name}.begun`,
      `${name}.end`,
      `${name}.head`,
      `${name}.tail`,
    ])
    await acts.programs.forget(name)
    expect(await acts.programs.run(once, { signal: never })).toMatchObject({ isSuccess: true })
    expect(await readFile(counts, 'utf8')).toBe('ran\nran\n')
  }, 30_000)

  it('knows of one that was begun and is gone that nobody knows how it ended', async () => {
    await writeFile(join(shared.path, 'acts/gone.begun'), '')
    const gone = await acts.programs.run(sh('gone', 'true'), { signal: never })
    expect(gone).toMatchObject({ kind: 'lost' })
  }, 20_000)
})

describe('a machine without a system bus', () => {
  it('runs programs as groups that end with us where it is no container, and refuses them where it is one', async () => {
    await using folder = await tempFolder()
    const in_ = (root: string): HostActs => {
      const { files } = createHost({ root: folder.path })
      return createHostActs({ host: { root, files }, clock: systemClock(), folder: join(folder.path, 'acts') })
    }
    const program: HostProgram = {
      ...PROGRAM,
      name: 'a',
      command: ['/bin/sh', '-c', 'echo "$A"; exit 4'],
      env: { A: 'b' },
    }
    expect(await in_('').programs.run(program, { signal: never })).toMatchObject({ exitCode: 4, text: 'b\n' })
    // As after a kill: it has ended with whoever began it, and is not begun again.
    expect(await in_('').programs.run(program, { signal: never })).toMatchObject({ kind: 'lost' })
    const late = { ...program, name: 'b', command: ['/bin/sh', '-c', 'sleep 300 & sleep 300'] as const, runMs: 200 }
    expect(await in_('').programs.run(late, { signal: never })).toMatchObject({ isTimedOut: true, isSuccess: false })
    const lasting = { ...program, name: 'c', afterwards: [['/bin/true']] as const }
    expect(await in_('').programs.run(lasting, { signal: never })).toMatchObject({ reason: 'NoSystemBus' })
    expect(await in_('/host').programs.run({ ...program, name: 'd' }, { signal: never })).toMatchObject({
      kind: 'refused',
      reason: 'NoSystemBus',
    })
  })
})
