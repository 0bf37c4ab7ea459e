import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findAccess } from './access.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-access-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

async function kubeconfig(user: unknown, cluster: Record<string, unknown> = {}): Promise<string> {
  const path = join(dir, 'kubeconfig')
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u', namespace: 'team' } }],
    clusters: [{ name: 'k', cluster: { server: 'https://api.example:6443/', ...cluster } }],
    users: [{ name: 'u', user }],
  }
  await writeFile(path, JSON.stringify(content))
  return path
}

describe('the way to the API server', () => {
  it('of a pod is its own account, and what is read anew after a rotation', async () => {
    await writeFile(join(dir, 'token'), 'one\n')
    await writeFile(join(dir, 'ca.crt'), 'CA')
    await writeFile(join(dir, 'namespace'), 'node-doctor')
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443', KUBECONFIG: '/elsewhere' }
    const access = await findAccess({ env, accountDir: dir })
    expect([access.server, access.origin, access.namespace]).toEqual([
      'https://[fd00::1]:443',
      "the pod's service account",
      'node-doctor',
    ])
    expect((await access.credentials()).headers).toEqual({ authorization: 'Bearer one' })
    await writeFile(join(dir, 'token'), 'two\n')
    expect((await access.credentials()).headers).toEqual({ authorization: 'Bearer one' })
    access.renew()
    expect((await access.credentials()).headers).toEqual({ authorization: 'Bearer two' })
  })

  it('of a pod without a token says what is missing', async () => {
    const access = await findAccess({ env: { KUBERNETES_SERVICE_HOST: '10.96.0.1' }, accountDir: dir })
    await expect(access.credentials()).rejects.toThrow(
      `cannot find the way to the API server in ${dir}/token: ENOENT: no such file or directory, open '${dir}/token'; give the container the pod's service-account token`,
    )
  })

  it('of a kubeconfig has its server, its context and its token', async () => {
    const file = await kubeconfig({ token: 'secret' }, { 'insecure-skip-tls-verify': true, 'tls-server-name': 'api' })
    const access = await findAccess({ kubeconfig: file, env: { KUBERNETES_SERVICE_HOST: 'x' } })
    expect([access.server, access.origin, access.namespace]).toEqual([
      'https://api.example:6443',
      `kubeconfig ${file}, context c`,
      'team',
    ])
    expect(await access.credentials()).toMatchObject({
      headers: { authorization: 'Bearer secret' },
      verify: false,
      serverName: 'api',
    })
  })

  it('of a kubeconfig may be a password, or a program that knows', async () => {
    const basic = await findAccess({ kubeconfig: await kubeconfig({ username: 'u', password: 'p' }), env: {} })
    expect((await basic.credentials()).headers).toEqual({
      authorization: `Basic ${Buffer.from('u:p').toString('base64')}`,
    })
    const program = join(dir, 'login')
    const answer = JSON.stringify({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'made' },
    })
    await writeFile(program, `#!/bin/sh\necho '${answer}'\n`)
    await chmod(program, 0o755)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: program, args: [] }
    const access = await findAccess({ kubeconfig: await kubeconfig({ exec }), env: {} })
    expect((await access.credentials()).headers).toEqual({ authorization: 'Bearer made' })
  })

  it('is found as kubectl finds it: KUBECONFIG, then the user’s own file', async () => {
    const file = await kubeconfig({ token: 't' })
    expect((await findAccess({ env: { KUBECONFIG: `:${file}:/other` } })).origin).toContain(file)
    await mkdir(join(dir, '.kube'))
    await copyFile(file, join(dir, '.kube/config'))
    expect((await findAccess({ env: { HOME: dir } })).origin).toContain('.kube/config')
  })

  it('that is not there is said with what to do', async () => {
    await expect(findAccess({ env: { HOME: dir } })).rejects.toThrow(
      'this is no pod (KUBERNETES_SERVICE_HOST is not set) and no kubeconfig is named; set settings.kubeconfig (--set settings.kubeconfig=FILE; of cleanup --kubeconfig FILE), or KUBECONFIG',
    )
    await expect(findAccess({ kubeconfig: join(dir, 'none'), env: {} })).rejects.toThrow(
      `kubeconfig ${dir}/none: ENOENT`,
    )
  })

  it('by ways that are left out is refused by name', async () => {
    const cloud = await kubeconfig({ 'auth-provider': { name: 'gcp', config: {} } })
    await expect(findAccess({ kubeconfig: cloud, env: {} })).rejects.toThrow('auth-provider "gcp" is not supported')
    const proxied = await kubeconfig({ token: 't' }, { 'proxy-url': 'http://proxy:3128' })
    await expect(findAccess({ kubeconfig: proxied, env: {} })).rejects.toThrow('proxy-url is not supported')
  })
})

describe('the way by one text, as node-problem-detector takes it', () => {
  const POD = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' }
  const by = (apiserver: string, env: Record<string, string> = POD) => findAccess({ apiserver, env, accountDir: dir })
  beforeEach(async () => {
    await writeFile(join(dir, 'token'), 'mine\n')
    await writeFile(join(dir, 'ca.crt'), 'CA')
  })

  it('is the pod’s account, at the server that is named or its own', async () => {
    const own = await by('?inClusterConfig=true')
    expect([own.server, (await own.credentials()).ca]).toEqual(['https://10.96.0.1:443', 'CA'])
    const other = await by('https://api.example:6443/ignored?insecure=1')
    expect(other.server).toBe('https://api.example:6443')
    expect(await other.credentials()).toMatchObject({
      headers: { authorization: 'Bearer mine' },
      ca: undefined,
      verify: false,
    })
  })

  it('is a kubeconfig, whose server counts', async () => {
    const file = await kubeconfig({ token: 'secret' })
    const access = await by(`http://other:8080?inClusterConfig=false&auth=${encodeURIComponent(file)}`, {})
    expect([access.server, access.origin]).toEqual(['https://api.example:6443', `kubeconfig ${file}, context c`])
    const token = await by(`?inClusterConfig=false&auth=${file}&useServiceAccount=true`, {})
    expect((await token.credentials()).headers).toEqual({ authorization: 'Bearer mine' })
  })

  it('is a server that asks nobody, with the pod’s token where that is asked for and there', async () => {
    const plain = await by('http://localhost:8080?inClusterConfig=F&kubeletPort=10255', {})
    expect([plain.server, (await plain.credentials()).headers]).toEqual(['http://localhost:8080', {}])
    const known = await by('https://[fd00::1]:6443?inClusterConfig=false&useServiceAccount=t&insecure=false', {})
    expect(await known.credentials()).toMatchObject({ headers: { authorization: 'Bearer mine' }, verify: true })
    await rm(join(dir, 'token'))
    known.renew()
    expect((await known.credentials()).headers).toEqual({})
  })

  it('that cannot be used is refused by what is wrong with it', async () => {
    const shape = '; expected scheme://host:port?inClusterConfig=false&auth=FILE&insecure=true&useServiceAccount=true'
    const said = async (text: string) =>
      by(text, {}).then(
        () => 'taken',
        (err: unknown) =>
          (err instanceof Error ? err.message : '').replace('cannot find the way to the API server in ', ''),
      )
    expect(await said('https://h:1?inClusterConfig=no')).toBe(
      `"https://h:1?inClusterConfig=no": inClusterConfig is "no", which is neither true nor false${shape}`,
    )
    expect(await said('?inClusterConfig=false')).toBe(
      `"?inClusterConfig=false": it names no host, no kubeconfig and no pod${shape}`,
    )
    expect(await said('ftp://h:1')).toBe(`"ftp://h:1": there is no way to a server by "ftp"${shape}`)
    expect(await said('https://h:99999999')).toBe(`"https://h:99999999": "h:99999999" is no host${shape}`)
    for (const secret of [
      'https://me:word@h:99999999',
      '://me:word@h',
      'ftp://me:wo@word@h',
      'https://me:wo?word@h:0x',
    ])
      expect(await said(secret)).not.toMatch(/word|wo@/)
    expect(await said(':https')).toBe(`":https": it is no URI${shape}`)
    expect(await said('https://h:1')).toBe(
      'the environment: this is no pod (KUBERNETES_SERVICE_HOST is not set); write inClusterConfig=false, and auth=KUBECONFIG where the server asks who it is',
    )
  })
})
