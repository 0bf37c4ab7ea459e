import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeApiServer, startFakeApiServer } from '../../test/fakes/kube-apiserver/server.ts'
import type { Credentials, KubeAccess } from './access.ts'
import { accessAt } from './at-server.ts'
import { createKubeClient } from './client.ts'

let fake: FakeApiServer
beforeAll(async () => {
  fake = await startFakeApiServer({ tls: true })
})
afterAll(() => fake.close())

/** The way of a pod to the Service at this address. */
function wayTo(server: string, more: Partial<Credentials> = {}): KubeAccess & { renewed: number } {
  const credentials: Credentials = {
    headers: { authorization: 'Bearer admin' },
    ca: fake.ca,
    cert: undefined,
    key: undefined,
    serverName: undefined,
    verify: true,
    ...more,
  }
  return {
    server,
    origin: "the pod's service account",
    namespace: 'node-doctor',
    credentials: async () => credentials,
    renewed: 0,
    renew() {
      this.renewed++
    },
  }
}

async function ask(access: KubeAccess) {
  const client = createKubeClient({ access, userAgent: 'test' })
  try {
    return await client.whoAmI()
  } finally {
    client.close()
  }
}

describe('one server of a cluster', () => {
  it('is known by the name that all of them have', async () => {
    expect(await ask(accessAt(wayTo('https://localhost:1'), `${fake.url}/`))).toMatchObject({ name: 'admin' })
    const named = wayTo('https://10.96.0.1', { serverName: 'localhost' })
    expect(await ask(accessAt(named, fake.url))).toMatchObject({ name: 'admin' })
  })

  it('that has a certificate of its own address, and not of the cluster, is given no token', async () => {
    const before = fake.requests.length
    await expect(ask(accessAt(wayTo('https://10.96.0.1:443'), fake.url))).rejects.toMatchObject({
      code: 'KUBE_UNREACHABLE',
      reason: 'ERR_TLS_CERT_ALTNAME_INVALID',
      isUnverified: true,
      message: expect.stringContaining(
        "Hostname/IP does not match certificate's altnames: IP: 10.96.0.1 is not in the cert's list",
      ),
    })
    await expect(ask(wayTo(fake.url, { ca: undefined }))).rejects.toMatchObject({
      reason: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      isUnverified: true,
    })
    await expect(ask(accessAt(wayTo('https://kubernetes.example'), fake.url))).rejects.toThrow('kubernetes.example')
    expect(fake.requests.length).toBe(before)
  })

  it('that nobody answers for is another matter', async () => {
    await expect(ask(accessAt(wayTo('https://localhost:1'), 'https://127.0.0.1:1'))).rejects.toMatchObject({
      reason: 'ECONNREFUSED',
      isUnverified: false,
    })
  })

  it('is asked over one connection, with what is read anew where that is refused', async () => {
    const way = wayTo('https://localhost:1')
    const access = accessAt(way, fake.url)
    expect(await access.credentials()).toBe(await access.credentials())
    access.renew()
    expect(way.renewed).toBe(1)
    expect(access).toMatchObject({
      server: fake.url,
      origin: `the pod's service account, at ${fake.url}`,
      namespace: 'node-doctor',
    })
  })
})
