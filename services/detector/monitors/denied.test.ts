import { renameSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { asNobody } from '../../../libs/rpc/testing-nobody.ts'
import { createBench } from './testing.ts'

it('names permission, mode, owner and who tried where a socket may not be opened, and not that nobody listens', async () => {
  await using bench = await createBench()
  await chmod(bench.dir, 0o755)
  const server = createServer((socket) => socket.destroy())
  const made = join(bench.dir, '.made')
  const path = join(bench.dir, 'locked.sock')
  await new Promise<void>((resolve) => server.listen(made, resolve))
  await chmod(made, 0)
  const owner = `owner uid ${process.geteuid?.()}, group gid ${process.getegid?.()}`
  renameSync(made, path)
  await asNobody(async () => {
    const who = `this process is uid ${process.geteuid?.()}, gid ${process.getegid?.()}, `
    await expect
      .poll(() => bench.problem('MonitorRefused', `socket:${path}`), { timeout: 15_000 })
      .toContain(
        `${path} is not taken as a monitor: no permission to connect to it: it has mode 0000, ${owner}; ${who}`,
      )
  })
  await new Promise((resolve) => server.close(resolve))
}, 20_000)
