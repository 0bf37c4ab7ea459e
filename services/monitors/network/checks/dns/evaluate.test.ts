/** Whatever is answered, in whatever order. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Finding } from '#monitor-kit'
import { observed } from '#monitor-kit/evaluate'
import { parseResolvConf } from '#probe'
import { schema } from './config.ts'
import { evaluateDns } from './evaluate.ts'
import { clearDns, FIRST_DNS, recallDns } from './memory.ts'
import { extendPace } from './pace.ts'
import type { Question, Row, Side } from './questions.ts'
import type { DnsReading } from './source.ts'

const NEEDED = 2
const config = schema.parse({ sustainedChecks: NEEDED })
const SERVERS = ['10.0.0.1', '10.0.0.2', '10.0.0.3']
const QUESTIONS: readonly Question[] = ['localhost.', 'a.example.', 'b.example.'].map((name, at) => ({
  name,
  type: 'A',
  isAlive: at === 0,
  sameAnswers: at === 1,
}))

const conf = parseResolvConf(SERVERS.map((server) => `nameserver ${server}\n`).join(''))
const side: Side = { kind: 'node', conf, servers: SERVERS, behind: [], questions: QUESTIONS }

const answers = fc.constantFrom('found', 'none', 'refused', 'servfail', 'silent', 'late', 'slow' as const)
type Answer = 'found' | 'none' | 'refused' | 'servfail' | 'silent' | 'late' | 'slow'

function row(server: string, protocol: 'udp' | 'tcp', { name, type, isAlive }: Question, answer: Answer): Row {
  const rcode = { found: 'NOERROR', slow: 'NOERROR', none: 'NXDOMAIN', refused: 'REFUSED', servfail: 'SERVFAIL' }
  const failed = answer === 'silent' || (answer === 'servfail' && !isAlive)
  return {
    side: 'node',
    server,
    protocol,
    name,
    type,
    isAlive,
    outcome: answer === 'late' ? 'unjudged' : failed ? 'failed' : 'answered',
    ms: answer === 'slow' ? 1500 : 1,
    lateMs: 0,
    rcode: answer in rcode ? rcode[answer as keyof typeof rcode] : '',
    found: answer === 'found' || answer === 'slow' ? ['10.1.1.1'] : [],
    said: answer,
    couldNotAsk: false,
    isSilent: answer === 'silent',
    isCut: false,
    isOutOfReach: false,
  }
}

const ways = SERVERS.flatMap((server) => (['udp', 'tcp'] as const).map((protocol) => ({ server, protocol })))
const questions = ways.flatMap((way) => QUESTIONS.map((question) => ({ ...way, question })))
const rounds = fc.array(fc.array(answers, { minLength: questions.length, maxLength: questions.length }), {
  minLength: 1,
  maxLength: 8,
})

function reading(said: readonly Answer[]): DnsReading {
  const rows = questions.map(({ server, protocol, question }, at) => row(server, protocol, question, said[at]!))
  return { node: observed(side), cluster: undefined, rows, byTls: new Set(), searches: [] }
}

/** What each round says. */
function said(all: readonly (readonly Answer[])[]): readonly (readonly Finding[])[] {
  let memory = FIRST_DNS
  return all.map((round) => {
    const verdict = evaluateDns(reading(round), config, memory)
    memory = verdict.memory
    return verdict.findings
  })
}

const problemsOf = (findings: readonly Finding[]) => findings.filter(({ health }) => health === 'problem')
const every = (answer: Answer): readonly Answer[] => questions.map(() => answer)

describe('rounds of answers', () => {
  it('raise nothing before it has lasted, and nothing twice', () => {
    fc.assert(
      fc.property(rounds, (all) => {
        const findings = said(all)
        expect(problemsOf(findings[0] ?? [])).toEqual([])
        for (const round of findings) {
          const keys = round.map(({ type, entity = '' }) => `${type} ${entity}`)
          expect(new Set(keys).size).toBe(keys.length)
        }
      }),
    )
  })

  it('accuse no server and no name by itself while DNS as a whole is accused', () => {
    fc.assert(
      fc.property(rounds, (all) => {
        for (const round of said(all)) {
          const problems = problemsOf(round)
          const whole = problems.find(({ type }) => type === 'NodeDNSDown')
          if (whole === undefined) continue
          const types = problems.map(({ type }) => type)
          expect(types).not.toContain('DNSNameFailing')
          if (whole.reason === 'NoAnswer') expect(types).toEqual(['NodeDNSDown'])
        }
      }),
    )
    const down = said([every('silent'), every('silent'), every('silent')]).at(-1) ?? []
    expect(problemsOf(down).map(({ type }) => type)).toEqual(['NodeDNSDown'])
  })

  it('are silent about everybody while the prober is late, and say so after three', () => {
    const late = said([every('late'), every('late'), every('late'), every('late')])
    expect(late.flatMap(problemsOf)).toEqual([])
    expect(late[1]?.every(({ pending }) => pending === true)).toBe(true)
    expect(new Set(late[2]?.map(({ reason }) => reason))).toEqual(new Set(['ProberLate']))
    fc.assert(
      fc.property(rounds, (all) => {
        const judged = all.map((round) => round.map((answer): Answer => (answer === 'silent' ? 'late' : answer)))
        const accused = said(judged)
          .flat()
          .filter(({ reason }) => reason === 'NoAnswer')
        expect(accused.filter(({ message }) => message.includes('late'))).toEqual([])
      }),
    )
  })

  it('find nobody to blame who would not be, had those answered well for whom the prober was late', () => {
    const key = ({ type, entity = '' }: Finding) => `${type} ${entity}`
    const round = fc.array(answers, { minLength: questions.length, maxLength: questions.length })
    fc.assert(
      fc.property(round, (one) => {
        const same = (answer: readonly Answer[]) => problemsOf(said([answer, answer, answer]).at(-1) ?? []).map(key)
        const kindest = same(one.map((answer): Answer => (answer === 'late' ? 'found' : answer)))
        // What two have said differs, whatever a third would have said.
        const accused = same(one).filter((problem) => !problem.startsWith('DNSAnswersDiffer'))
        expect(accused.filter((problem) => !kindest.includes(problem))).toEqual([])
      }),
    )
  })

  it('find all well after enough good ones, whatever was before', () => {
    fc.assert(
      fc.property(rounds, (all) => {
        const last = said([...all, ...Array.from({ length: 20 }, () => every('found'))]).at(-1) ?? []
        expect(last.filter(({ health, pending }) => health !== 'healthy' || pending === true)).toEqual([])
      }),
    )
  })

  it('tell a server that answers only partly, and one that is slow', () => {
    const of = (answer: Answer, share: number) =>
      questions.map(({ server }, at): Answer => (server === '10.0.0.2' && at % share === 0 ? answer : 'found'))
    const partly = said([of('silent', 2), of('silent', 2), of('silent', 2)]).at(-1) ?? []
    expect(problemsOf(partly).map(({ entity, reason }) => `${entity} ${reason}`)).toEqual([
      'dns:10.0.0.2 AnswersPartly',
    ])
    const slow = said([of('slow', 1), of('slow', 1)]).at(-1) ?? []
    expect(problemsOf(slow)).toMatchObject([
      { entity: 'dns:10.0.0.2', reason: 'AnswersSlowly', message: '10.0.0.2 takes 1.5 s to answer, limit 1 s' },
    ])
  })

  it('tell a server that knows nothing of what others know, though it speaks', () => {
    const lone = questions.map(
      ({ server, question }): Answer => (server === '10.0.0.3' && !question.isAlive ? 'servfail' : 'found'),
    )
    expect(problemsOf(said([lone, lone]).at(-1) ?? []).map(({ entity, reason }) => `${entity} ${reason}`)).toEqual([
      'dns:10.0.0.3 ResolvesNothing',
    ])
  })

  it('tell that nothing is resolved as one, where it is more than one name', () => {
    const servfail = questions.map(({ question }): Answer => (question.isAlive ? 'found' : 'servfail'))
    const findings = said([servfail, servfail]).at(-1) ?? []
    expect(problemsOf(findings)).toMatchObject([{ type: 'NodeDNSDown', reason: 'ResolvesNothing' }])
  })
})

it('tells once that a server takes longer than usual, and again when it had become as usual', () => {
  let pace: Parameters<typeof extendPace>[1]
  const rounds = (count: number, ms: number) =>
    Array.from({ length: count }, () => {
      const next = extendPace('10.0.0.1', pace, ms)
      pace = next.pace
      return next.events
    }).flat()
  expect(rounds(60, 8)).toEqual([])
  expect(rounds(20, 90).map(({ message }) => message)).toEqual([
    '10.0.0.1 takes 90 ms to answer, 11.3 times as long as usual (8 ms)',
  ])
  expect(rounds(60, 8)).toEqual([])
  expect(rounds(20, 90)).toHaveLength(1)
})

it('recalls whatever stands in its file, and lets go of what is cleared', () => {
  fc.assert(fc.property(fc.jsonValue(), (facts) => void recallDns(facts)))
  expect(recallDns({ answered: ['10.0.0.1', 7], hadServers: true })).toMatchObject({ hadServers: true })
  expect(clearDns(FIRST_DNS, { type: 'NoSuchType', entity: '' })).toBe(FIRST_DNS)
})
