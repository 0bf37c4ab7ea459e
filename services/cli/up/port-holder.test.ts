import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '#clock'
import { createHost } from '#host'
import { freePort } from '../../../libs/bus/testing.ts'
import { holderOf, listenersOn } from './port-holder.ts'

const { files } = createHost({ root: '' })

/** Resolves once this process listens there, until the test ends. */
function listen(port: number, host: string): Promise<void> {
  const server = createServer()
  onTestFinished(() => void server.close())
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
}

/** A port of this process's own. */
async function taken(host: string): Promise<number> {
  const port = await freePort()
  await listen(port, host)
  return port
}

const asked = (address: string, port: number) => ({ address, port, own: [], clock: systemClock() })

describe('who listens on a port', () => {
  it.each(['127.0.0.1', '0.0.0.0', '::1'])('is found at %s, with its name and pid', async (host) => {
    const port = await taken(host)
    expect(await holderOf(files, asked(host, port))).toMatch(new RegExp(`^\\S+.* \\(pid ${process.pid}\\)$`))
  })

  // What the kernel says is what counts: each pair is tried.
  const addresses = ['127.0.0.1', '127.0.0.2', '0.0.0.0', '::1', '::']
  it.each(addresses.flatMap((theirs) => addresses.map((ours) => [theirs, ours] as const)))(
    'is told of %s exactly where it keeps us from %s',
    async (theirs, ours) => {
      const port = await taken(theirs)
      const holder = await holderOf(files, asked(ours, port))
      const isRefused = await listen(port, ours).then(
        () => false,
        () => true,
      )
      expect(holder).toEqual(isRefused ? expect.stringContaining(`(pid ${process.pid})`) : undefined)
    },
  )

  it('is nobody where it is a process of ours', async () => {
    expect(
      await holderOf(files, { ...asked('127.0.0.1', await taken('127.0.0.1')), own: [process.pid] }),
    ).toBeUndefined()
  })

  it('is nobody where nobody does, and not told where the machine says nothing', async () => {
    expect(await holderOf(files, asked('127.0.0.1', await freePort()))).toBeUndefined()
    const none = createHost({ root: '/nowhere' }).files
    expect(await holderOf(none, asked('127.0.0.1', await taken('127.0.0.1')))).toBeUndefined()
  })
})

describe('a table of sockets', () => {
  const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'
  const line = (local: string, state: string, inode: string) =>
    `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  1000        0 ${inode} 1 0000000000000000 100 0 0 10 0`

  it('names those that listen on the port, not those that are connected on it or listen on another', () => {
    const text = [
      HEAD,
      line('0100007F:1F90', '0A', '11'),
      line('00000000000000000000000000000000:1F90', '0A', '12'),
      line('0100007F:1F90', '01', '13'),
      line('0100007F:1F91', '0A', '14'),
      line('0100007F:0050', '0A', '15'),
      line('0200007F:1F90', '0A', '16'),
      line('0000000000000000FFFF00000100007F:1F90', '0A', '17'),
      line('B80D0120000000000000000001000000:1F90', '0A', '18'),
      line('01:1F90', '0A', '19'),
      '',
      'torn 0100007F:1F90',
    ].join('\n')
    expect(listenersOn(text, { address: '127.0.0.1', port: 8080 })).toEqual(['11', '12', '17'])
    expect(listenersOn(text, { address: '::ffff:127.0.0.1', port: 8080 })).toEqual(['11', '12', '17'])
    expect(listenersOn(text, { address: '2001:0db8::1', port: 8080 })).toEqual(['12', '18'])
    expect(listenersOn(text, { address: '0.0.0.0', port: 8080 })).toEqual(['11', '12', '16', '17'])
    expect(listenersOn(text, { address: '127.0.0.1', port: 80 })).toEqual(['15'])
  })
})
