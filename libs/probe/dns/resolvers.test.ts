import { mkdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { createHost } from '#host'
import { tempFolder, writeTree } from '../../host/testing.ts'
import { isStub, readResolvers } from './resolvers.ts'

/** As systemd-resolved 252 writes it. */
const BEHIND = `# This is /run/systemd/resolve/resolv.conf managed by man:systemd-resolved(8).
# Do not edit.

nameserver 192.0.2.53
nameserver 192.0.2.54
# Too many DNS servers configured, the following entries may be ignored.
nameserver fe80::1%2
nameserver 192.0.2.55
nameserver 192.0.2.53
search .
`
const STUB = 'nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n'

async function read(files: Readonly<Record<string, string>>, path?: string) {
  await using folder = await tempFolder()
  await writeTree(folder.path, files)
  return await readResolvers(createHost({ root: folder.path }), path)
}

describe('whom a node asks', () => {
  it('stands in its resolv.conf', async () => {
    expect(await read({ 'etc/resolv.conf': 'nameserver 192.0.2.1\n' })).toMatchObject({
      ok: true,
      conf: { servers: ['192.0.2.1'] },
      behindStub: undefined,
      behindStubFault: '',
    })
    expect(await read({ 'other.conf': 'nameserver 192.0.2.2\n' }, '/other.conf')).toMatchObject({
      conf: { servers: ['192.0.2.2'] },
    })
  })

  it('is who stands behind the stub of systemd-resolved, each once, more than three', async () => {
    const files = { 'etc/resolv.conf': STUB, 'run/systemd/resolve/resolv.conf': BEHIND }
    expect(await read(files)).toMatchObject({
      ok: true,
      conf: { servers: ['127.0.0.53'] },
      behindStub: ['192.0.2.53', '192.0.2.54', 'fe80::1%2', '192.0.2.55'],
    })
  })

  it('is not known where nobody says who is behind the stub', async () => {
    const alone = await read({ 'etc/resolv.conf': STUB })
    expect(alone).toMatchObject({ ok: true, behindStub: [] })
    expect(alone.ok && alone.behindStubFault).toMatch(/\/run\/systemd\/resolve\/resolv\.conf/)
    const silent = { 'etc/resolv.conf': STUB, 'run/systemd/resolve/resolv.conf': '# none\n' }
    expect(await read(silent)).toMatchObject({ behindStub: [], behindStubFault: '' })
  })

  it('is not known where there is no file, or a folder', async () => {
    expect(await read({})).toMatchObject({ ok: false, fault: expect.stringContaining('/etc/resolv.conf') })
    await using folder = await tempFolder()
    await mkdir(`${folder.path}/etc/resolv.conf`, { recursive: true })
    const resolvers = await readResolvers(createHost({ root: folder.path }))
    expect(resolvers).toMatchObject({ ok: false, fault: expect.stringContaining('EISDIR') })
  })

  it('is read from 1 MiB too', async () => {
    const line = 'nameserver 192.0.2.1\n'
    const text = line.repeat(Math.floor(1_048_576 / line.length))
    expect(await read({ 'etc/resolv.conf': text })).toMatchObject({ conf: { servers: Array(3).fill('192.0.2.1') } })
    const more = await read({ 'etc/resolv.conf': `${text}${text}` })
    expect(more).toMatchObject({ ok: false, fault: expect.stringContaining('TOO_LARGE') })
  })

  it('knows the stubs', () => {
    expect(['127.0.0.53', '127.0.0.54', '127.0.0.1', '::1'].map(isStub)).toEqual([true, true, false, false])
  })
})
