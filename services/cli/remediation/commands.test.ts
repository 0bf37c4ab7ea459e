import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  AttemptMode,
  BreakerState,
  GateWord,
  ProblemPlan,
  type RemediatorServer,
} from '#proto/nodedoctor/v1/remediation.ts'
import type { RpcServer } from '#rpc'
import { toProtoToldRemediation } from '#wire/remediation'
import { fakeClock } from '../../../libs/clock/testing.ts'
import { NOW } from '../../../libs/view/testing.ts'
import { createStory, ended, refused, sightOf, started, verified } from '../../../libs/view/testing-repairs.ts'
import { toProtoSight } from '../../../libs/wire/remediation-parts.ts'
import { runCommandBy } from '../testing.ts'
import { NOTHING_HELD, serveRemediator } from './testing-remediator.ts'

let dir = ''
let server: RpcServer | undefined
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-cli-'))
  vi.stubEnv('NODE_DOCTOR_CONFIG', '')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await server?.close(0)
  server = undefined
  await rm(dir, { recursive: true, force: true })
})

async function serve(answers: Partial<RemediatorServer>): Promise<void> {
  server = await serveRemediator(dir, answers)
}

/** At {@link NOW}. */
function run(...words: string[]) {
  return runCommandBy(fakeClock(NOW), ...words, '--run-dir', dir)
}

const act = {
  strategy: 'systemd-restart',
  target: 'unit:kubelet.service',
  parameters: {},
  text: 'systemctl restart kubelet.service',
}

const UNUSABLE = 'record 17 is damaged; nothing is repaired until a person says "node-doctor reset journal"'
const UNUSABLE_SAID = `The journal of repairs cannot be used: ${UNUSABLE}.`

function planOf(word: GateWord, mode: AttemptMode = AttemptMode.ACT): ProblemPlan {
  return ProblemPlan.fromPartial({
    problem: toProtoSight(sightOf()),
    verdict: 'held back by cooldown',
    acts: [
      {
        act,
        id: '3f2a91c0-17',
        mode,
        attempts: 1,
        of: 3,
        gates: [
          { gate: 'enabled', word: GateWord.ALLOWS, text: 'repairs are on' },
          { gate: 'cooldown', word, text: 'it was done 2 min ago, again after 10 min', forMs: 480_000 },
        ],
      },
    ],
  })
}

describe('plan', () => {
  it('names each strategy with its command and every gate with what it says and until when', async () => {
    const asked: string[] = []
    await serve({
      plan: ({ request }, callback) => {
        asked.push(request.problem)
        callback(null, { plans: [planOf(GateWord.REFUSES)], unusable: '' })
      },
    })
    expect(await run('plan', 'DiskFull/disk:/var')).toEqual({
      code: 1,
      out: `DiskFull/disk:/var  critical: held back by cooldown
  1. systemctl restart kubelet.service  [systemd-restart, 1 of 3 attempts, id 3f2a91c0-17]
    GATE      SAYS     UNTIL                       WHY
    enabled   allows                               repairs are on
    cooldown  refuses  until 03:22:20 UTC (8 min)  it was done 2 min ago, again after 10 min
`,
      err: '',
    })
    expect(asked).toEqual(['DiskFull/disk:/var'])
    const { out } = await run('plan', '-o', 'json')
    expect(JSON.parse(out)).toMatchObject({
      plans: [
        {
          problem: { type: 'DiskFull', severity: 'critical' },
          acts: [
            {
              id: '3f2a91c0-17',
              mode: 'act',
              wouldAct: false,
              gates: [{ word: 'allows' }, { word: 'refuses', forMs: 480_000 }],
            },
          ],
        },
      ],
    })
  })

  it.each<readonly [what: string, code: number, plans: ProblemPlan[]]>([
    ['0 where something would be done', 0, [planOf(GateWord.REFUSES), planOf(GateWord.ALLOWS)]],
    ['1 where all is held back', 1, [planOf(GateWord.REFUSES)]],
    ['1 where it would only be told', 1, [planOf(GateWord.ALLOWS, AttemptMode.DRY_RUN)]],
    ['1 where there is nothing to do', 1, []],
    ['3 where what it would have to know is not known', 3, [planOf(GateWord.NOT_KNOWN)]],
    ['3 where a later version says something else', 3, [planOf(99 as GateWord)]],
  ])('ends with %s', async (_what, code, plans) => {
    await serve({ plan: (_call, callback) => callback(null, { plans, unusable: '' }) })
    expect((await run('plan')).code).toBe(code)
  })

  it('says who is not there, and what it may be', async () => {
    expect(await run('plan')).toEqual({
      code: 3,
      out: '',
      err: `Not known: there is no remediator on ${dir}/remediator/remediator.sock.\nAre repairs switched on (remediation.enabled), and does it run? With another folder, name that: --run-dir DIR.\n`,
    })
    const { code, out } = await run('plan', '-o', 'json')
    expect([code, JSON.parse(out)]).toMatchObject([
      3,
      { error: { code: 'NO_SOCKET', socket: `${dir}/remediator/remediator.sock` } },
    ])
  })

  it('says of a problem that is none what the remediator says', async () => {
    await serve({
      plan: (_call, callback) => callback({ code: 5, details: 'no problem DiskFul is open; open are: DiskFull' }),
    })
    expect(await run('plan', 'DiskFul')).toEqual({
      code: 1,
      out: '',
      err: 'no problem DiskFul is open; open are: DiskFull\n',
    })
  })
})

describe('a journal that cannot be used', () => {
  it('is said above a plan, also where no problem is open', async () => {
    await serve({ plan: (_call, callback) => callback(null, { plans: [], unusable: UNUSABLE }) })
    expect(await run('plan')).toEqual({
      code: 1,
      out: `${UNUSABLE_SAID}\n\nNo problem is open that a repair is named for.\n`,
      err: '',
    })
    expect(JSON.parse((await run('plan', '-o', 'json')).out)).toEqual({ plans: [], unusable: UNUSABLE })
  })

  it('is no closed breaker', async () => {
    await serve({
      breakers: (_call, callback) => callback(null, { ...NOTHING_HELD, unusable: UNUSABLE }),
    })
    expect(await run('breakers')).toEqual({
      code: 1,
      out: `${UNUSABLE_SAID}\n\nNo breaker is known to be open.\n`,
      err: '',
    })
    expect(JSON.parse((await run('breakers', '-o', 'json')).out)).toMatchObject({ unusable: UNUSABLE })
  })

  it('is said to be waited for where no word of a person ends that', async () => {
    const unusable = 'cannot write /state/journal.0: EROFS'
    await serve({ breakers: (_call, callback) => callback(null, { ...NOTHING_HELD, unusable }) })
    expect((await run('breakers')).out).toContain(
      'The journal of repairs cannot be used: cannot write /state/journal.0: EROFS; nothing is repaired until it can.',
    )
  })
})

describe('history', () => {
  const story = createStory()
  const told = [refused(), started(), ended({ message: 'done \u001b[31m' }), verified()].map((what) => story(what))
  const records = told.map(toProtoToldRemediation).toReversed()

  it('tells the records in a line each, the last first, and no code of a terminal', async () => {
    const limits: number[] = []
    await serve({
      history: ({ request }, callback) => {
        limits.push(request.limit)
        callback(null, { records, unusable: '', names: {} })
      },
    })
    const { code, out } = await run('history', '--limit', '4')
    expect([code, limits]).toEqual([0, [4]])
    expect(out).not.toContain('\u001b')
    expect(out.split('\n').slice(0, 3)).toEqual([
      'TIME          WHAT',
      '03:12:43 UTC  proven     3f2a91c0-1: 2 checks in a row find it well',
      expect.stringMatching(
        /^03:12:42 UTC {2}succeeded {2}3f2a91c0-1: done .*; free on \/var 7\.6 GiB before, 41\.2 GiB after$/,
      ),
    ])
    const whole = JSON.parse((await run('history', '-o', 'json')).out)
    expect(whole.records[1]).toMatchObject({
      sequence: 3,
      what: { kind: 'ended', output: 'removed /var/log/a.1\nremoved /var/log/b.1\n' },
    })
  })

  it('says when the journal cannot be used, and what to do', async () => {
    await serve({ history: (_call, callback) => callback(null, { records: [], unusable: UNUSABLE, names: {} }) })
    expect(await run('history')).toEqual({ code: 1, out: `${UNUSABLE_SAID}\n`, err: '' })
  })

  it('names problems as a command takes them, and one that nobody knows by its fingerprint', async () => {
    const tell = createStory()
    const { opening } = sightOf()
    const gone = { ...opening, fingerprint: 'f-gone' }
    const told = [
      tell({ kind: 'seen', opening, resolved: true, forgets: false }),
      tell({ kind: 'seen', opening: gone, resolved: true, forgets: false }),
      tell({
        kind: 'breaker',
        of: { fingerprint: opening.fingerprint, strategy: 'drain' },
        state: 'open',
        failures: 5,
      }),
      tell({ kind: 'approved', id: 'i-1', by: 'ada', opening, forMs: 1 }),
      tell({ kind: 'reset', fingerprint: opening.fingerprint, by: 'ada' }),
    ].map(toProtoToldRemediation)
    const names = { [opening.fingerprint]: 'DiskFull/disk:/var' }
    await serve({ history: (_call, callback) => callback(null, { records: told, unusable: '', names }) })
    const { out } = await run('history')
    expect(out.split('\n').slice(1, 6)).toEqual([
      expect.stringMatching(/seen +DiskFull\/disk:\/var is over$/),
      expect.stringMatching(/seen +f-gone is over$/),
      expect.stringMatching(/breaker +of drain for DiskFull\/disk:\/var is open, 5 failures in a row$/),
      expect.stringMatching(/approved +i-1 for DiskFull\/disk:\/var by ada$/),
      expect.stringMatching(/reset +DiskFull\/disk:\/var by ada$/),
    ])
    expect(JSON.parse((await run('history', '-o', 'json')).out)).toMatchObject({ names })
  })

  it.each(['0', '1001', 'x'])('refuses a limit of %s', async (limit) => {
    expect(await run('history', '--limit', limit)).toMatchObject({
      code: 2,
      err: expect.stringContaining(`history: --limit ${limit}: expected 1 to 1000`),
    })
  })
})

describe('a person’s word', () => {
  it('pauses for a time, with who and why, and resumes', async () => {
    const asked: unknown[] = []
    await serve({
      pause: ({ request }, callback) => {
        asked.push(request)
        callback(null, { running: undefined, replaced: undefined })
      },
      resume: ({ request }, callback) => {
        asked.push(request)
        callback(null, { ended: { by: 'ada@w1', why: 'new firmware', forMs: undefined } })
      },
    })
    expect(await run('pause', '--for', '2h', '--reason', 'new firmware')).toEqual({
      code: 0,
      out: 'paused for 2h\n',
      err: '',
    })
    expect(await run('pause', '--reason', 'new firmware')).toMatchObject({ out: 'paused until: node-doctor resume\n' })
    expect(await run('resume')).toEqual({
      code: 0,
      out: 'resumed: this ends the pause by ada@w1 until resumed: new firmware\n',
      err: '',
    })
    const by = expect.stringMatching(/^.+@.+$/)
    expect(asked).toMatchObject([
      { by, why: 'new firmware', forMs: 7_200_000 },
      { by, why: 'new firmware', forMs: 0 },
      { by },
    ])
    expect(JSON.parse((await run('resume', '-o', 'json')).out)).toMatchObject({
      ended: { by: 'ada@w1', why: 'new firmware', forMs: null },
    })
    expect(await run('pause')).toMatchObject({ code: 2, err: expect.stringContaining('expected --reason TEXT') })
  })

  it.each(['soon', '0s', '-1h', '999ms', '400d'])('refuses a pause for %s, with the bounds', async (text) => {
    expect(await run('pause', '--reason', 'x', `--for=${text}`)).toMatchObject({
      code: 2,
      err: expect.stringContaining(`pause: --for ${text}: expected a duration from 1s to 365d, such as 30m or 2h`),
    })
  })

  it('says whose pause one takes the place of', async () => {
    const replaced = { by: 'ada@w1\nx', why: 'new\nfirmware', forMs: 7_200_000 }
    await serve({ pause: (_call, callback) => callback(null, { running: undefined, replaced }) })
    expect((await run('pause', '--reason', 'x', '--for', '1m')).out).toMatch(
      /^paused for 1m\nin place of the pause by ada@w1\S* ?x until 05:14:20 UTC \(2 h\): new\S* ?firmware\n$/,
    )
    expect(JSON.parse((await run('pause', '--reason', 'x', '-o', 'json')).out)).toMatchObject({ replaced })
  })

  it('says that nothing was paused', async () => {
    await serve({})
    expect(await run('resume')).toEqual({ code: 0, out: 'nothing was paused\n', err: '' })
    expect(JSON.parse((await run('resume', '-o', 'json')).out)).toEqual({ resumed: null, ended: null })
  })

  it('names what runs on in a pause', async () => {
    const running = { attempt: '3f2a91c0-17', strategy: 'drain', target: 'node', forMs: 120_000 }
    await serve({ pause: (_call, callback) => callback(null, { running, replaced: undefined }) })
    expect(await run('pause', '--reason', 'new firmware')).toEqual({
      code: 0,
      out: `paused until: node-doctor resume
attempt 3f2a91c0-17 (drain node) runs on, for 2 min now: node-doctor history says when it has ended
`,
      err: '',
    })
    expect(JSON.parse((await run('pause', '--reason', 'x', '-o', 'json')).out)).toMatchObject({ running })
  })

  it('approves one act, and resets a problem', async () => {
    await serve({
      approve: ({ request }, callback) =>
        request.id === '3f2a91c0-17'
          ? callback(null, { plan: planOf(GateWord.ALLOWS) })
          : callback({ code: 5, details: `there is no act ${request.id}` }),
      reset: ({ request }, callback) => callback(null, { text: `2 attempts for ${request.what} are forgotten` }),
    })
    expect((await run('approve', '3f2a91c0-17')).out).toMatch(
      /^approved: 3f2a91c0-17\n\nDiskFull\/disk:\/var {2}critical/,
    )
    expect(await run('approve', 'x')).toEqual({ code: 1, out: '', err: 'there is no act x\n' })
    expect(await run('approve')).toMatchObject({ code: 2, err: expect.stringContaining('expected the id of an act') })
    expect(await run('reset', 'DiskFull/disk:/var')).toEqual({
      code: 0,
      out: '2 attempts for DiskFull/disk:/var are forgotten\n',
      err: '',
    })
    expect(await run('reset')).toMatchObject({ code: 2, err: expect.stringContaining('reset: expected a problem') })
  })
})

describe('breakers', () => {
  it('says which are not closed, what the budgets have left, and who paused', async () => {
    await serve({
      breakers: (_call, callback) =>
        callback(null, {
          ...NOTHING_HELD,
          breakers: [{ fingerprint: '', strategy: '', state: BreakerState.OPEN, failures: 5, forMs: 1_800_000 }],
          budgets: [{ name: 'hour', used: 10, limit: 10, windowMs: 3_600_000, forMs: 600_000 }],
          paused: { by: 'ada@w1', why: 'new firmware', forMs: 7_200_000 },
        }),
    })
    expect(await run('breakers')).toEqual({
      code: 1,
      out: `Paused by ada@w1 until 05:14:20 UTC (2 h): new firmware

BREAKER OF  STRATEGY  STATE  FAILURES  UNTIL
node                  open   5         until 03:44:20 UTC (30 min)

BUDGET  USED      IN   NEXT
hour    10 of 10  1 h  until 03:24:20 UTC (10 min)
`,
      err: '',
    })
    expect(JSON.parse((await run('breakers', '-o', 'json')).out)).toEqual({
      breakers: [{ problem: '', fingerprint: '', strategy: '', state: 'open', failures: 5, forMs: 1_800_000 }],
      budgets: [{ name: 'hour', used: 10, limit: 10, windowMs: 3_600_000, forMs: 600_000 }],
      paused: { by: 'ada@w1', why: 'new firmware', forMs: 7_200_000 },
      unusable: '',
      silent: [],
    })
  })

  it('names the problem of a breaker as a command takes it', async () => {
    const breaker = { fingerprint: 'f-1', strategy: 'drain', state: BreakerState.OPEN, failures: 5, forMs: undefined }
    const answer = { ...NOTHING_HELD, breakers: [breaker], names: { 'f-1': 'DiskFull/disk:/var' } }
    await serve({ breakers: (_call, callback) => callback(null, answer) })
    expect((await run('breakers')).out).toMatch(/^DiskFull\/disk:\/var +drain +open +5/m)
    expect(JSON.parse((await run('breakers', '-o', 'json')).out)).toMatchObject({
      breakers: [{ problem: 'DiskFull/disk:/var', fingerprint: 'f-1' }],
    })
  })

  it('says who carries acts out and does not answer', async () => {
    await serve({ breakers: (_call, callback) => callback(null, { ...NOTHING_HELD, silent: ['host-actions'] }) })
    expect(await run('breakers')).toMatchObject({
      code: 1,
      out: 'host-actions does not answer: what it would do is not repaired.\n\nEvery breaker is closed.\n',
    })
  })

  it('ends with 0 where nothing holds repairs back', async () => {
    await serve({})
    expect(await run('breakers')).toEqual({ code: 0, out: 'Every breaker is closed.\n', err: '' })
  })
})
