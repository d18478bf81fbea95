import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { DOCUMENT_SUBJECT, DocumentRequest, readMessage, type DocumentAnswer } from '@solyx/contracts';
import { SolyxError } from '@solyx/kernel';
import { DocumentLibrary } from '../../application/documents/document-library';

/** Requests for documents over the bus. Only the gateway's identity may publish them: it says who reads. */
@Controller()
export class DocumentController {
  constructor(private readonly library: DocumentLibrary) {}

  @MessagePattern(DOCUMENT_SUBJECT)
  async document(@Payload() body: unknown): Promise<DocumentAnswer> {
    try {
      return { chunk: await this.library.piece(readMessage(DocumentRequest, body)) };
    } catch (thrown) {
      const { code, reason, message, hint, retryable } = SolyxError.from(thrown);
      return { refusal: { code, reason, message: message.slice(0, 1024), hint, retryable } };
    }
  }
}
