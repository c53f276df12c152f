package tokenplumb.tasks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/// Virtual threads that belong to a block: what the block forks, the block ends. Has the shape of
/// `StructuredTaskScope` and gives way to it once that is final. Forked and joined by one thread.
public final class Scope implements AutoCloseable {
    private final String name;
    private final List<Thread> threads = new ArrayList<>();
    private final List<FutureTask<?>> tasks = new ArrayList<>();

    public Scope(String name) {
        this.name = name;
    }

    public <T> Future<T> fork(Callable<T> work) {
        var task = new FutureTask<>(work);
        tasks.add(task);
        threads.add(Thread.ofVirtual().name(name + "-" + threads.size()).start(task));
        return task;
    }

    /// Waits for all forked work and throws the first failure.
    public void join() throws InterruptedException {
        for (var task : tasks) {
            try {
                task.get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException failure) {
                    throw failure;
                }
                throw new IllegalStateException(name + ": " + e.getCause(), e.getCause());
            }
        }
    }

    /// Interrupts what still runs and waits until it has ended.
    @Override
    public void close() {
        threads.forEach(Thread::interrupt);
        boolean interrupted = false;
        for (var thread : threads) {
            while (true) {
                try {
                    thread.join();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
