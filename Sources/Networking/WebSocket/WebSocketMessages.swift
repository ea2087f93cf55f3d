import NIOCore

/// The messages of one connection, in order; for one consumer.
///
/// It ends without an error when the connection was closed from this side, and with a ``WebSocketError`` otherwise, after
/// the last message that had arrived. While the consumer is busy, no more than a bounded number is read from the network.
/// Cancelling the consumer's task ends it and closes the connection.
public struct WebSocketMessages: AsyncSequence, Sendable {
    public typealias Element = WebSocketMessage
    public typealias Failure = WebSocketError

    typealias Producer = NIOThrowingAsyncSequenceProducer<
        WebSocketMessage, any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, MessageDemand
    >

    let producer: Producer

    public func makeAsyncIterator() -> Iterator { Iterator(base: producer.makeAsyncIterator()) }

    public struct Iterator: AsyncIteratorProtocol {
        let base: Producer.AsyncIterator

        public mutating func next() async throws(WebSocketError) -> WebSocketMessage? {
            do {
                return try await base.next()
            } catch let error as WebSocketError {
                throw error
            } catch {
                // The consumer was cancelled: nobody waits for a reason.
                return nil
            }
        }
    }
}

/// Carries the consumer's demand to the connection's event loop.
struct MessageDemand: NIOAsyncSequenceProducerDelegate {
    enum Signal {
        case more
        case abandoned
    }

    let channel: any Channel

    func produceMore() { channel.triggerUserOutboundEvent(Signal.more, promise: nil) }
    func didTerminate() { channel.triggerUserOutboundEvent(Signal.abandoned, promise: nil) }
}
