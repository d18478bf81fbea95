import { boolean, choice, describeConfig, integer, readConfig, secret, text, url } from './config';

const settings = {
  heartbeatTimeoutMs: integer({ about: 'Silence after which a node is lost.', default: 15_000, min: 1_000 }),
  simulatedFleet: boolean({ about: 'Adds the simulated fleet.', default: true }),
  mode: choice(['quick', 'exact'], { about: 'How it counts.', default: 'quick' }),
  pepper: secret({ about: 'Key of hashes.', pattern: /^[0-9a-f]{4}$/, like: '4 hex digits' }),
  region: text({ about: 'Where it stands.', optional: true }),
  publicUrl: url({ about: 'What customers type.', optional: true }),
};

describe('configuration', () => {
  it('reads text into values, takes defaults, and is frozen', () => {
    const config = readConfig('drm', settings, {
      SOLYX_DRM_HEARTBEAT_TIMEOUT_MS: '2000',
      SOLYX_DRM_SIMULATED_FLEET: 'false',
      SOLYX_DRM_PEPPER: 'beef',
      SOLYX_DRM_NATS_CREDS: '/creds',
      SOLYX_DRM_VIEW_HISTORY_DAYS: '30',
      SOLYX_NATS_URL: 'nats://a:1,nats://b:2',
    });
    expect(config).toMatchObject({
      service: 'drm',
      heartbeatTimeoutMs: 2_000,
      simulatedFleet: false,
      mode: 'quick',
      natsCredsPath: '/creds',
      viewHistoryDays: 30,
      natsUrl: 'nats://a:1,nats://b:2',
      httpPort: 0,
    });
    expect(config.region).toBeUndefined();
    expect(() => Object.assign(config, { mode: 'exact' })).toThrow(TypeError);
  });

  it('names every fault at once, with what would be right, and no secret', () => {
    const env = {
      SOLYX_DRM_HEARTBEAT_TIMEOUT_MS: '12.5',
      SOLYX_DRM_SIMULATED_FLEET: 'yes',
      SOLYX_DRM_MODE: 'fast',
      SOLYX_DRM_PEPPER: 'dont-show-me',
      SOLYX_DRM_HTTP_PORT: '70000',
      SOLYX_DRM_PUBLIC_URL: 'ftp://x',
      SOLYX_NATS_URL: 'localhost',
    };
    const read = (): unknown => readConfig('drm', settings, env);
    for (const variable of Object.keys(env)) expect(read).toThrow(variable);
    expect(read).toThrow('7 settings are wrong');
    expect(read).toThrow('SOLYX_DRM_MODE is "fast" but must be one of quick, exact');
    expect(read).toThrow(/^(?!.*dont-show-me)/s);
  });

  it('names what is missing', () => {
    expect(() => readConfig('drm', settings, {})).toThrow('SOLYX_DRM_PEPPER is missing (Key of hashes.)');
    expect(() => readConfig('drm', settings, { SOLYX_DRM_PEPPER: '  ' })).toThrow('1 setting is wrong');
  });

  it('describes itself', () => {
    const table = describeConfig('drm', settings);
    expect(table).toContain('| `SOLYX_DRM_HEARTBEAT_TIMEOUT_MS` | whole number | `15000` |');
    expect(table).toContain('| `SOLYX_DRM_PEPPER` | secret | required |');
  });
});
