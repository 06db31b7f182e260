import { Alert, Code, FileInput, Table, Text } from '@mantine/core';
import { IconFileUpload } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { RequestProblem, request } from '../../shared/http/request.ts';
import { notifyDone } from '../../shared/shell/notify.ts';
import { FormModal } from './form-modal.tsx';

const fileBytesMax = 2_000_000;
interface RowProblem {
  row: number;
  column: string;
  problem: string;
}

/** All rows or none: what is wrong is listed by line. */
export function ImportForm({ onClose, onDone }: { onClose(): void; onDone(): void }) {
  const { t } = useTranslation();
  const [file, setFile] = useState<File | null>(null);
  const [problems, setProblems] = useState<RowProblem[]>([]);
  const [detail, setDetail] = useState<string | null>(null);

  async function save(): Promise<string | undefined> {
    setProblems([]);
    setDetail(null);
    if (!file) return t('admin.import.choose');
    if (file.size > fileBytesMax) return t('admin.import.tooLarge');
    try {
      const text = { type: 'text/csv', content: await file.text() };
      const { imported } = await request<{ imported: number }>('/api/agents/import', {
        method: 'POST',
        text,
      });
      notifyDone(t('admin.import.done', { count: imported }));
      onDone();
      onClose();
      return undefined;
    } catch (error) {
      if (!(error instanceof RequestProblem) || error.code !== 'bad-csv') throw error;
      const listed = error.body['problems'];
      setProblems(Array.isArray(listed) ? (listed as RowProblem[]) : []);
      if (!Array.isArray(listed)) setDetail(error.message);
      return t('admin.import.refused');
    }
  }

  return (
    <FormModal
      title={t('admin.import.title')}
      onClose={onClose}
      save={save}
      submitLabel={t('admin.import.send')}
    >
      <Text size="sm">{t('admin.import.hint')}</Text>
      <Code block>{'name;endpoint;teams;queues\nAlice Martin;PJSIP/1001;Paris|Support;support'}</Code>
      <FileInput
        label={t('admin.import.choose')}
        placeholder="agents.csv"
        leftSection={<IconFileUpload size={17} aria-hidden="true" />}
        accept=".csv,text/csv"
        value={file}
        onChange={setFile}
        required
        data-autofocus
      />
      {detail && <Alert color="yellow">{detail}</Alert>}
      {problems.length > 0 && (
        <Table.ScrollContainer minWidth={300} mah={240}>
          <Table fz="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th w={70}>{t('admin.import.line')}</Table.Th>
                <Table.Th w={110}>{t('admin.import.column')}</Table.Th>
                <Table.Th>{t('admin.import.problem')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {problems.map((one) => (
                <Table.Tr key={`${one.row} ${one.column} ${one.problem}`}>
                  <Table.Td>{one.row}</Table.Td>
                  <Table.Td>{one.column}</Table.Td>
                  <Table.Td>
                    <Problem one={one} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </FormModal>
  );
}

/** What the column expects, in the reader's language, then the server's own words. */
function Problem({ one }: { one: RowProblem }) {
  const { t, i18n } = useTranslation();
  const expected = `admin.import.expected.${one.column}`;
  const known = /^[a-zA-Z]+$/.test(one.column) && i18n.exists(expected);
  return (
    <>
      {known && <div>{t(expected as 'admin.import.expected.name')}</div>}
      <Text size="xs" c="dimmed" component="bdi">
        {one.problem.slice(0, 300)}
      </Text>
    </>
  );
}
