/** Every case, once: test/kube/fake.test.ts and test/kube/real run them. */
import { afterAll, beforeAll, describe } from 'vitest'
import type { ApiServerUnderTest } from '../../fakes/kube-apiserver/server.ts'
import { type Api, createApi } from '../api.ts'
import { defineClientCases } from './client.ts'
import { defineConflictCases } from './conflicts.ts'
import { defineEndpointSliceCases } from './endpoint-slices.ts'
import { defineEventCases } from './events.ts'
import { defineEvictionCases } from './evictions.ts'
import { defineHealthCases } from './health.ts'
import { defineLeaseCases } from './leases.ts'
import { defineLifeCases } from './life.ts'
import { defineListCases } from './lists.ts'
import { defineNodeCases } from './nodes.ts'
import { definePatchCases } from './patches.ts'
import { definePodCases } from './pods.ts'
import { defineRbacCases } from './rbac.ts'
import { defineRepairCases } from './repairs.ts'
import { defineReviewCases } from './reviews.ts'
import { defineStrictnessCases } from './strictness.ts'
import { defineTableCases } from './tables.ts'
import type { Use } from './use.ts'
import { defineWatchCases } from './watch.ts'

/** Starts one server for all of them, and ends it. */
export function defineCases(name: string, start: () => Promise<ApiServerUnderTest>): void {
  describe(`at ${name}`, () => {
    let api: Api | undefined
    beforeAll(async () => {
      api = createApi(await start())
    })
    afterAll(async () => {
      await api?.server.close()
    })
    const use: Use = () => {
      if (api === undefined) throw new Error('the API server under test did not start; see the error of beforeAll')
      return api
    }
    describe('nodes', () => {
      defineNodeCases(use)
    })
    describe('patches', () => {
      definePatchCases(use)
    })
    describe('strictness', () => {
      defineStrictnessCases(use)
    })
    describe('conflicts', () => {
      defineConflictCases(use)
    })
    describe('events', () => {
      defineEventCases(use)
    })
    describe('lists', () => {
      defineListCases(use)
    })
    describe('leases', () => {
      defineLeaseCases(use)
    })
    describe('pods', () => {
      definePodCases(use)
    })
    describe('evictions', () => {
      defineEvictionCases(use)
    })
    describe('tables', () => {
      defineTableCases(use)
    })
    describe('endpoint slices', () => {
      defineEndpointSliceCases(use)
    })
    describe('reviews of oneself', () => {
      defineReviewCases(use)
    })
    describe('the health of the server', () => {
      defineHealthCases(use)
    })
    describe('our client', () => {
      defineClientCases(use)
    })
    describe('what repairs ask with our client', () => {
      defineRepairCases(use)
    })
    describe('rights', () => {
      defineRbacCases(use)
    })
    describe('watches', () => {
      defineWatchCases(use)
    })
    describe('going and coming', () => {
      defineLifeCases(use)
    })
  })
}
