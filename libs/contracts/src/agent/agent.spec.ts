import {
  AgentReport,
  LOG_LINE_LENGTH_MAX,
  AgentLogLine,
  nodeOfSubject,
  agentSubject,
  agentLogSubject,
  readMessage,
} from '.';

const report = {
  reportId: 'task_1-started',
  kind: 'started',
  taskId: 'task_1',
  jobId: 'job_1',
  attempt: 1,
  rank: 0,
  at: '2026-01-01T00:00:00.000Z',
};

describe('Messages of agents', () => {
  it('are taken when they are right', () => expect(readMessage(AgentReport, report)).toEqual(report));

  it.each([
    ['a field that is missing', { ...report, taskId: undefined }, 'taskId'],
    ['a field that is unknown', { ...report, shell: true }, 'shell'],
    ['a kind that is unknown', { ...report, kind: 'paused' }, 'kind'],
    ['an attempt below 1', { ...report, attempt: 0 }, 'attempt'],
    ['text', 'started', 'AgentReport'],
    ['nothing', null, 'AgentReport'],
    ['a list', [report], 'AgentReport'],
  ])('are refused with %s, which is named', (_, message, named) =>
    expect(() => readMessage(AgentReport, message)).toThrow(named),
  );

  it('hold lines of bounded length', () => {
    const { reportId: _reportId, kind: _kind, jobId: _jobId, ...line } = report;
    const text = 'x'.repeat(LOG_LINE_LENGTH_MAX + 1);
    expect(() => readMessage(AgentLogLine, { ...line, stream: 'stdout', offset: 0, text })).toThrow('text');
  });

  it('say by their subject who sent them', () => {
    expect(nodeOfSubject(agentSubject('node_1', 'report'))).toBe('node_1');
    expect(nodeOfSubject(agentLogSubject('node_1', 'acme', 'job_1'))).toBe('node_1');
    expect(nodeOfSubject('solyx.cmo.job.queued.acme.job_1')).toBeUndefined();
  });
});
