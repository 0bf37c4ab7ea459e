import { expect, test } from 'vitest'
import { createRouteTellers, routeTellersOf } from './default-routes.ts'

test('a default route is told by the check of gateways where that says something of it, and by nobody else before it has looked', () => {
  const tellers = createRouteTellers()
  expect(tellers.tellerOf('v6')).toBe('nobody')
  tellers.expectGateways()
  expect(tellers.tellerOf('v6')).toBe('not-yet')
  tellers.toldByGateways(['v4'])
  expect([tellers.tellerOf('v4'), tellers.tellerOf('v6')]).toEqual(['gateways', 'nobody'])
  tellers.toldByGateways(['v4', 'v6'])
  expect(tellers.tellerOf('v6')).toBe('gateways')
})

test('checks of one monitor know of one another, and one that is made without it knows of nobody', () => {
  const routeTellers = createRouteTellers()
  expect(routeTellersOf({ routeTellers })).toBe(routeTellers)
  expect(routeTellersOf(undefined).tellerOf('v6')).toBe('nobody')
})
