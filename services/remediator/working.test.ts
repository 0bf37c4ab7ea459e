import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createHost } from '#host'
import { systemClock } from '#service'
import { tempFolder, writeTree } from '../../libs/host/testing.ts'
import { keepLog } from '../../libs/service/testing.ts'
import { openSafety } from './safety/safety.ts'
import { startWorking } from './working.ts'

it('leaves the journal to the next start where it cannot begin', async () => {
  const folder = await tempFolder()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  await writeTree(folder.path, {
    'etc/machine-id': 'm1\n',
    'proc/sys/kernel/random/boot_id': '5f0e2a3c-0000-4000-8000-000000000001\n',
  })
  const stateDir = join(folder.path, 'state')
  const { log } = keepLog('remediator')
  const names = { name: 'remediator', nodeName: 'worker-7', version: '1', runDir: join(folder.path, 'run'), stateDir }
  const bus = { open: () => Promise.reject(new Error('there is no key for the bus')) }
  const context = { ...names, host: createHost({ root: folder.path }), clock: systemClock(), log, bus }
  const begun = startWorking(
    context as unknown as Parameters<typeof startWorking>[0],
    { undecodable: () => undefined } as never,
    async () => true,
  )
  await expect(begun).rejects.toThrow('there is no key for the bus')
  const safety = await openSafety({
    ...{ dir: join(stateDir, 'remediator'), machineId: 'm1', bootId: 'b2', version: '1', clock: systemClock(), log },
    onRecord: () => undefined,
  })
  expect(safety.trouble).toBeUndefined()
  await safety.close()
})
