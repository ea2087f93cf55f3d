import CCurl
import Synchronization

/// What a client's thread sleeps on: libcurl's sockets, one alarm, and being woken.
///
/// Any thread may change what is watched while another waits.
final class SocketWatch: Sendable {
    /// Something to tell libcurl: a socket of its own, and what became possible there.
    struct Event: Sendable {
        let socket: Int32
        /// In libcurl's bits.
        let ready: Int32
    }

    /// More at once are told with the next call.
    private static let eventsMax = 64

    private let epoll: Int32
    private let timer: Int32
    private let bell: Int32
    private let alarm = Mutex<ContinuousClock.Instant?>(nil)

    /// `nil` when the process may open no more files.
    init?() {
        epoll = sx_make_epoll()
        timer = sx_make_timer()
        bell = sx_make_wake()
        guard epoll >= 0, timer >= 0, bell >= 0 else { return nil }
        sx_epoll_control(epoll, EPOLL_CTL_ADD, timer, EPOLLIN.rawValue)
        sx_epoll_control(epoll, EPOLL_CTL_ADD, bell, EPOLLIN.rawValue)
    }

    deinit { for file in [epoll, timer, bell] where file >= 0 { close(file) } }

    /// Watches a socket as libcurl wishes, or no longer.
    func set(_ socket: Int32, _ wish: Int32) {
        guard wish != CURL_POLL_REMOVE else {
            sx_epoll_control(epoll, EPOLL_CTL_DEL, socket, 0)
            return
        }
        var events: UInt32 = 0
        if wish & CURL_POLL_IN != 0 { events |= EPOLLIN.rawValue }
        if wish & CURL_POLL_OUT != 0 { events |= EPOLLOUT.rawValue }
        if sx_epoll_control(epoll, EPOLL_CTL_ADD, socket, events) != 0 {
            sx_epoll_control(epoll, EPOLL_CTL_MOD, socket, events)
        }
    }

    /// Lets ``wait()`` return at a time, or earlier; `nil` is never.
    func wake(at time: ContinuousClock.Instant?) {
        guard let time else { return }
        alarm.withLock { alarm in
            // One that rings too early costs a look; most are put off again and again, which then costs nothing.
            if let alarm, alarm <= time { return }
            alarm = time
            sx_set_timer(timer, max(1, (time - .now).wholeNanoseconds))
        }
    }

    /// Lets ``wait()`` return at once.
    func wake() {
        var one: UInt64 = 1
        write(bell, &one, 8)
    }

    /// Sleeps until something happens.
    func wait() -> [Event] {
        withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.eventsMax) { space in
            let count = epoll_wait(epoll, space.baseAddress, Int32(Self.eventsMax), -1)
            guard count > 0, let first = space.baseAddress else { return [] }
            return (0..<Int(count)).compactMap { event(at: first + $0) }
        }
    }

    private func event(at event: UnsafePointer<epoll_event>) -> Event? {
        let file = sx_epoll_descriptor(event)
        if file == bell || file == timer {
            var count: UInt64 = 0
            read(file, &count, 8)
            if file == timer { alarm.withLock { $0 = nil } }
            return nil
        }
        let bits = event.pointee.events
        var ready: Int32 = 0
        if bits & EPOLLIN.rawValue != 0 { ready |= CURL_CSELECT_IN }
        if bits & EPOLLOUT.rawValue != 0 { ready |= CURL_CSELECT_OUT }
        // What went wrong is told to whoever reads or writes.
        if bits & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { ready |= CURL_CSELECT_IN | CURL_CSELECT_OUT }
        return Event(socket: file, ready: ready)
    }
}
