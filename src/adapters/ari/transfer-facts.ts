import type { BridgeAttendedTransfer, BridgeBlindTransfer } from '../../asterisk-ari-client/index.ts';
import type { FactBody } from '../../ports/telephony-facts.ts';

export function blindTransferOf(event: BridgeBlindTransfer): FactBody {
  return {
    kind: 'blind-transfer',
    transfererUniqueId: event.channel.id,
    transfereeUniqueId: event.transferee?.id ?? null,
    replacedUniqueId: event.replace_channel?.id ?? null,
    context: event.context ?? '',
    exten: event.exten ?? '',
    external: event.is_external === true,
    succeeded: event.result === 'Success',
  };
}

export function attendedTransferOf(event: BridgeAttendedTransfer): FactBody {
  return {
    kind: 'attended-transfer',
    transferer1UniqueId: event.transferer_first_leg.id,
    transferer2UniqueId: event.transferer_second_leg.id,
    transfereeUniqueId: event.transferee?.id ?? null,
    targetUniqueId: event.transfer_target?.id ?? null,
    destination: destinationOf(event),
    external: event.is_external === true,
    succeeded: event.result === 'Success',
  };
}

/** Where both ends went: a bridge's id, an application's name, `link` or `threeway`; '' when the transfer failed. */
function destinationOf(event: BridgeAttendedTransfer): string {
  switch (event.destination_type) {
    case 'bridge':
      return event.destination_bridge ?? 'bridge';
    case 'application':
      return event.destination_application ?? 'application';
    case 'threeway':
      return event.destination_threeway_bridge?.id ?? 'threeway';
    case 'link':
      return 'link';
    default:
      return '';
  }
}
