import { expect, it } from 'vitest'
import { expectRefusal, type Use } from './use.ts'

const REVIEWS = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
const REVIEW = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }

export function defineReviewCases(use: Use): void {
  it('say who asks, whatever he says of himself', async () => {
    const { token, name } = await use().server.addUser([])
    const lie = { ...REVIEW, metadata: { name: 'x' }, status: { userInfo: { username: 'another' } } }
    for (const body of [REVIEW, {}, lie]) {
      const answer = await use().ask('POST', REVIEWS, { token, body })
      expect(answer.status).toBe(201)
      expect(answer.body).toMatchObject({ ...REVIEW, status: { userInfo: { username: name } } })
      expect(answer.body.status.userInfo.groups).toEqual(['limited', 'system:authenticated'])
      expect(answer.body.metadata).toEqual({ creationTimestamp: expect.stringMatching(/^\d{4}-.*Z$/) })
    }
    const { body } = await use().post(REVIEWS, REVIEW)
    expect(body.status.userInfo).toMatchObject({
      username: 'admin',
      groups: ['system:masters', 'system:authenticated'],
    })
  })

  it('are for whom the server knows', async () => {
    expectRefusal(await use().ask('POST', REVIEWS, { token: null, body: REVIEW }), {
      code: 403,
      reason: 'Forbidden',
      message:
        'selfsubjectreviews.authentication.k8s.io is forbidden: User "system:anonymous" cannot create resource "selfsubjectreviews" in API group "authentication.k8s.io" at the cluster scope',
    })
    expectRefusal(await use().ask('POST', REVIEWS, { token: 'no-such-token', body: REVIEW }), {
      code: 401,
      reason: 'Unauthorized',
      message: 'Unauthorized',
    })
  })

  it('are made, and nothing else', async () => {
    const refused = async (method: string, path: string, code: number, reason: string) => {
      const body = method === 'PUT' ? { body: REVIEW } : {}
      const message =
        code === 404
          ? 'the server could not find the requested resource'
          : 'the server does not allow this method on the requested resource'
      expectRefusal(await use().ask(method, path, body), { code, reason, message })
    }
    await refused('GET', REVIEWS, 405, 'MethodNotAllowed')
    await refused('DELETE', REVIEWS, 405, 'MethodNotAllowed')
    await refused('GET', `${REVIEWS}/x`, 404, 'NotFound')
    await refused('PUT', `${REVIEWS}/x`, 404, 'NotFound')
    const { token, name } = await use().server.addUser([])
    expectRefusal(await use().ask('GET', REVIEWS, { token }), {
      code: 403,
      reason: 'Forbidden',
      message: `selfsubjectreviews.authentication.k8s.io is forbidden: User "${name}" cannot list resource "selfsubjectreviews" in API group "authentication.k8s.io" at the cluster scope`,
    })
  })

  it('of another kind, or with fields that none has, are none', async () => {
    expectRefusal(await use().post(`${REVIEWS}?fieldValidation=Strict`, { ...REVIEW, spec: {} }), {
      code: 400,
      reason: 'BadRequest',
      message:
        'SelfSubjectReview in version "v1" cannot be handled as a SelfSubjectReview: strict decoding error: unknown field "spec"',
    })
    expect((await use().post(REVIEWS, { ...REVIEW, spec: {} })).warnings).toEqual(['unknown field "spec"'])
    expectRefusal(await use().post(REVIEWS, { apiVersion: 'v1', kind: 'Node' }), {
      code: 400,
      reason: 'BadRequest',
      message:
        'Node in version "v1" cannot be handled as a SelfSubjectReview: converting (v1.Node) to (authentication.SelfSubjectReview): unknown conversion',
    })
    const groups = await use().get('/apis/authentication.k8s.io/v1')
    expect(groups.body.resources).toContainEqual(
      expect.objectContaining({ name: 'selfsubjectreviews', namespaced: false, verbs: ['create'] }),
    )
  })
}
