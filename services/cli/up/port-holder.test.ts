import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '#clock'
import { createHost } from '#host'
import { freePort } from '../../../libs/bus/testing.ts'
import { holderOf, listenersOn } from './port-holder.ts'

const { files } = createHost({ root: '' })

/** A port of this process's own. */
async function taken(host: string): Promise<number> {
  const port = await freePort()
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(port, host, resolve))
  onTestFinished(() => void server.close())
  return port
}

describe('who listens on a port', () => {
  it.each(['127.0.0.1', '0.0.0.0', '::1'])('is found at %s, with its name and pid', async (host) => {
    const port = await taken(host)
    expect(await holderOf(files, port, systemClock())).toMatch(new RegExp(`^\\S+.* \\(pid ${process.pid}\\)$`))
  })

  it('is nobody where nobody does, and not told where the machine says nothing', async () => {
    expect(await holderOf(files, await freePort(), systemClock())).toBeUndefined()
    const none = createHost({ root: '/nowhere' }).files
    expect(await holderOf(none, await taken('127.0.0.1'), systemClock())).toBeUndefined()
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
      '',
      'torn 0100007F:1F90',
    ].join('\n')
    expect(listenersOn(text, 8080)).toEqual(['11', '12'])
    expect(listenersOn(text, 80)).toEqual(['15'])
  })
})
