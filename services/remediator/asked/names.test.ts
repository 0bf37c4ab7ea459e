import { describe, expect, it } from 'vitest'
import type { Remediation } from '#model'
import { createMachine, rungOf } from '../desk/testing-desk.ts'
import { sightOf } from '../know/truth.ts'
import { createAsked } from './asked.ts'

const RESTART = rungOf('systemd-restart')

/** Two of one type, and one of the node. */
function machineOf() {
  const machine = createMachine({ rungs: [] })
  for (const entity of ['endpoint:a', 'endpoint:b'])
    machine.opens(`fingerprint of ${entity}`, { type: 'EndpointUnreachable', entity })
  machine.opens('fingerprint of the node', { type: 'MemoryLow', entity: '' })
  const { options } = machine.life ?? machine.begin()
  const asked = createAsked(options, () => undefined)
  const of = (fingerprint: string) => {
    const problem = machine.problems.get(fingerprint)
    if (problem === undefined) throw new Error(`${fingerprint} is open`)
    return sightOf(problem)
  }
  const wasDone = async (entity: string) => {
    const attempt: Remediation = {
      ...{ kind: 'started', attempt: `of ${entity}`, problem: of(`fingerprint of ${entity}`), act: RESTART.act },
      ...{ mode: 'act', number: 1, of: 3, cooldownMs: 1, verifyWithinMs: 1 },
    }
    const written = options.safety.write(attempt)
    await machine.clock.advance(100)
    await written
  }
  const reset = async (what: string) => {
    const done = asked.reset(what, 'ann').then(
      ({ text }) => text,
      (err: Error) => err.message,
    )
    await machine.clock.advance(100)
    return done
  }
  const plan = (name: string) =>
    asked.plan(name).then(
      ({ plans }) => plans.map(({ problem }) => problem?.entity),
      (err: Error) => err.message,
    )
  return { machine, asked, plan, reset, wasDone, of }
}

describe('a problem by its name', () => {
  it('is planned for: a type is every one of it that is open', async () => {
    const { machine, plan } = machineOf()
    expect(await plan('EndpointUnreachable')).toEqual(['endpoint:a', 'endpoint:b'])
    expect(await plan('EndpointUnreachable/endpoint:b')).toEqual(['endpoint:b'])
    expect(await plan('fingerprint of endpoint:a')).toEqual(['endpoint:a'])
    expect(await plan('MemoryLow')).toEqual([''])
    machine.resolves('fingerprint of endpoint:a')
    expect(await plan('EndpointUnreachable')).toEqual(['endpoint:b'])
  })

  it('is told with the nearest where there is none', async () => {
    const { plan, reset } = machineOf()
    const open = 'open are: EndpointUnreachable/endpoint:a, EndpointUnreachable/endpoint:b, MemoryLow'
    expect(await plan('EndpointUnreachabel')).toBe(
      `no problem "EndpointUnreachabel" is open; ${open}; did you mean "EndpointUnreachable"?`,
    )
    expect(await plan('EndpointUnreachabl/endpoint:b')).toContain('did you mean "EndpointUnreachable/endpoint:b"?')
    expect(await plan('x')).toBe(`no problem "x" is open; ${open}`)
    expect(await reset('EndpointUnreachabel')).toBe(
      'nothing was done about "EndpointUnreachabel"; did you mean "EndpointUnreachable"?',
    )
    expect(await reset('jurnal')).toBe('nothing was done about "jurnal"; did you mean "journal"?')
    expect(await reset('EndpointUnreachable')).toBe('nothing was done about "EndpointUnreachable" yet')
  })

  it('is reset by its type where that names one, and by what tells several apart', async () => {
    const { reset, wasDone } = machineOf()
    await wasDone('endpoint:a')
    expect(await reset('EndpointUnreachable')).toMatch(
      /^attempts, cooldown and breakers of EndpointUnreachable are forgotten/,
    )
    expect(await reset('EndpointUnreachable')).toBe('nothing was done about "EndpointUnreachable" yet')
    await wasDone('endpoint:a')
    await wasDone('endpoint:b')
    expect(await reset('EndpointUnreachable')).toBe(
      '"EndpointUnreachable" are 2 problems; name one of: EndpointUnreachable/endpoint:a, EndpointUnreachable/endpoint:b',
    )
    expect(await reset('EndpointUnreachable/endpoint:b')).toContain('are forgotten')
    expect(await reset('fingerprint of endpoint:a')).toContain('are forgotten')
  })

  it('is what the history and the breakers call it, also once the bus tells of it no more', async () => {
    const { machine, asked, reset, wasDone } = machineOf()
    await wasDone('endpoint:a')
    const names = { 'fingerprint of endpoint:a': 'EndpointUnreachable/endpoint:a' }
    const told = () => asked.history({ limit: 0, fingerprint: '', before: 0 }).names
    expect([told(), asked.breakers().names]).toEqual([names, {}])
    machine.problems.delete('fingerprint of endpoint:a')
    expect(told()).toEqual(names)
    expect(await reset('EndpointUnreachable/endpoint:a')).toContain('are forgotten')
  })
})
