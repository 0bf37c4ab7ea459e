import { expect, it } from 'vitest'
import { expectRefusal, type Use } from './use.ts'

export function defineHealthCases(use: Use): void {
  it('is one word, and each check for whom asks', async () => {
    for (const root of ['healthz', 'livez', 'readyz']) {
      expect((await use().get(`/${root}`)).body).toBe('ok')
      const { status, body, headers } = await use().get(`/${root}?verbose`)
      expect(status).toBe(200)
      expect(headers['content-type']).toBe('text/plain; charset=utf-8')
      const lines = String(body).split('\n')
      expect(lines.slice(0, 2)).toEqual(['[+]ping ok', '[+]log ok'])
      expect(lines.slice(-2)).toEqual([`${root} check passed`, ''])
      expect(lines.includes('[+]shutdown ok')).toBe(root === 'readyz')
    }
  })

  it('leaves out what is excluded, and says what it does not know', async () => {
    const { body } = await use().get('/readyz?verbose&exclude=etcd&exclude=nope')
    expect(body).toContain('\n[+]etcd excluded: ok\n')
    expect(body).toContain(
      '\nwarn: some health checks cannot be excluded: no matches for "nope"\nreadyz check passed\n',
    )
  })

  it('is for everybody as a whole, and each check by itself for few', async () => {
    const { token, name } = await use().server.addUser([])
    for (const who of [token, null])
      expect((await use().ask('GET', '/readyz?verbose', { token: who })).status).toBe(200)
    expect((await use().get('/readyz/etcd')).body).toBe('ok')
    expect((await use().get('/readyz/nope')).status).toBe(404)
    for (const [method, path] of [
      ['GET', '/readyz/etcd'],
      ['POST', '/readyz'],
    ] as const)
      expectRefusal(await use().ask(method, path, { token }), {
        code: 403,
        reason: 'Forbidden',
        message: `forbidden: User "${name}" cannot ${method.toLowerCase()} path "${path}"`,
      })
    expect((await use().ask('GET', '/readyz', { token: 'no-such-token' })).status).toBe(401)
  })
}
