import fc from 'fast-check'
import { expect, test } from 'vitest'
import { schema as ofCertificates } from '../checks/certificates/config.ts'
import { schema as ofKubelet } from '../checks/kubelet/config.ts'
import { ADDRESS, PORT } from './config.ts'

test('an address that is taken is one to who connects there', () => {
  for (const host of ['999.1.1.1', '1.2.3', '010.0.0.1', '[1]', '[:::]', '[1:2:3:4:5:6:7:8:9]', '[]'])
    expect([host, ofKubelet.safeParse({ healthzURL: `http://${host}:10248/healthz` }).success]).toEqual([host, false])
  for (const port of ['0', '65536', '99999', '08'])
    expect([port, ofCertificates.safeParse({ endpoints: [{ address: `10.0.0.1:${port}` }] }).success]).toEqual([
      port,
      false,
    ])
  for (const place of [
    '10.0.0.1:65535',
    '[::1]:1',
    '[fd00::10:1]:6443',
    '[2001:db8:1:2:3:4:5:6]:443',
    '[2001:db8:1:2:3::4]:443',
    '[1:2:3:4:5:6:7::]:1',
  ])
    expect([place, ofCertificates.safeParse({ endpoints: [{ address: place }] }).success]).toEqual([place, true])
  const taken = fc.tuple(fc.stringMatching(new RegExp(`^${ADDRESS}$`)), fc.stringMatching(new RegExp(`^${PORT}$`)))
  fc.assert(fc.property(taken, ([host, port]) => URL.canParse(`https://${host}:${port}/`)))
})
