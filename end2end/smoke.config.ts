import { defineConfig } from '@playwright/test';
import base from './playwright.config';

/** `scripts/smoke`: a browser that looks at a program which runs already. */
export default defineConfig(base, { testDir: '.', testMatch: 'smoke.ts', use: { baseURL: process.env.WSMON_URL! } });
