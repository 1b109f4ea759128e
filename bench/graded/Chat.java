import java.io.*;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.*;

/** A right server for the lessons in Java: two threads for each person, bounded queues. */
public class Chat {
    static final int LONGEST = 1000, MOST_WAITING = 500;
    static final List<Person> people = new ArrayList<>();

    public static void main(String[] words) throws IOException {
        ServerSocket door = new ServerSocket(Integer.parseInt(words[0]));
        while (true) {
            Person person = new Person(door.accept());
            start(person::listen);
            start(person::write);
        }
    }

    static void start(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        thread.start();
    }

    static void tell(String line, Person but) {
        for (Person person : people) {
            if (person != but) {
                person.post(line);
            }
        }
    }

    static class Person {
        final Socket socket;
        final BlockingQueue<String> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
        String name;

        Person(Socket socket) {
            this.socket = socket;
        }

        void post(String line) {
            if (!waiting.offer(line)) {
                close();
            }
        }

        void close() {
            try {
                socket.close();
            } catch (IOException ignored) {
            }
        }

        void listen() {
            try {
                InputStream in = new BufferedInputStream(socket.getInputStream());
                String line;
                while ((line = readLine(in)) != null && hear(line)) {
                }
            } catch (IOException broken) {
            }
            synchronized (people) {
                if (people.remove(this)) {
                    tell("* " + name + " is gone", this);
                }
            }
            post("");
        }

        /** null at the end, or for a line that is too long. */
        static String readLine(InputStream in) throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int b = in.read(); b >= 0; b = in.read()) {
                if (b == '\n') {
                    String text = new String(line.toByteArray(), StandardCharsets.UTF_8);
                    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
                }
                line.write(b);
                if (line.size() > LONGEST) {
                    return null;
                }
            }
            return null;
        }

        /** False if the person leaves. */
        boolean hear(String line) {
            synchronized (people) {
                if (name == null) {
                    enter(line);
                } else if (line.equals("quit")) {
                    return false;
                } else {
                    tell(name + ": " + line.replaceAll("\\p{Cntrl}", "?"), this);
                }
                return true;
            }
        }

        void enter(String wanted) {
            boolean taken = people.stream().anyMatch(other -> other.name.equalsIgnoreCase(wanted));
            if (taken || !wanted.matches("[\\p{L}\\p{N}]{1,20}")) {
                post("* no, not " + (taken ? "again" : "that"));
                return;
            }
            StringBuilder here = new StringBuilder("* here:");
            people.forEach(other -> here.append(" ").append(other.name));
            name = wanted;
            post(here.toString());
            people.add(this);
            tell("* " + name + " is here", this);
        }

        void write() {
            try {
                OutputStream out = socket.getOutputStream();
                for (String line = waiting.take(); !line.isEmpty(); line = waiting.take()) {
                    out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
                }
            } catch (IOException | InterruptedException broken) {
            }
            close();
        }
    }
}
