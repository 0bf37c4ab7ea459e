/** A real chronyd whose clock is three seconds off. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Networks, startNetworks, whyNoNetworks } from '../../probing/testing-networks.ts'
import { schema } from './config.ts'

const why = whyNoNetworks('chronyd', 'faketime')
if (why !== '') console.log(`a server of the time: ${why}`)

describe.skipIf(why !== '')('a server of the time', () => {
  let networks: Networks
  let folder: string
  let stop: (() => Promise<void>) | undefined

  /** Waits until a shell command succeeds in the far network, or no longer does. */
  const wait = (word: 'until' | 'while', command: string) =>
    networks.far(`timeout 20 sh -c '${word} ${command}; do sleep 0.02; done'`)
  const SERVED = 'ss -lnu sport = 123 | grep -q 123'

  /** @param ahead as faketime has it: "+3s" */
  async function serve(ahead: string): Promise<void> {
    await stop?.()
    wait('while', SERVED)
    const conf = join(folder, 'chrony.conf')
    // Of each its own file of the process: a chronyd whose number is still known keeps the next one from starting.
    const pidfile = `pidfile ${folder}/pid${ahead}`
    const lines = ['local stratum 3', 'allow all', 'cmdport 0', pidfile, 'bindaddress 10.78.0.2']
    await writeFile(conf, `${lines.join('\n')}\n`)
    // -x: nobody's clock is set.
    stop = networks.startFar('faketime', '-f', ahead, 'chronyd', '-x', '-d', '-u', 'root', '-f', conf)
    wait('until', SERVED)
  }
  beforeAll(async () => {
    networks = await startNetworks('time')
    folder = await mkdtemp(join(tmpdir(), 'nd-n-probe-'))
  }, 30_000)
  afterAll(async () => {
    await networks?.close()
    if (folder !== undefined) await rm(folder, { recursive: true })
  })

  it('three seconds off is a problem, until it is right', async () => {
    await serve('+3s')
    const check = await networks.startCheck({ check: 'time', config: schema.parse({ servers: ['10.78.0.2'] }) })
    const problems = await check.settled()
    await serve('+0s')
    expect([problems, await check.settled()]).toEqual([['ClockOffset ntp:10.78.0.2 OffsetTooLarge'], []])
    await stop?.()
    const { findings } = await check.run()
    expect(findings).toMatchObject([{ health: 'unknown', reason: 'NoAnswer' }])
  }, 60_000)
})
