package sluice.protobuf.schema;

import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.Edition;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import java.util.List;
import org.apache.kafka.connect.errors.DataException;

/** Parses the text of a .proto file: proto2, proto3 and editions. Services are skipped. */
final class ProtoParser {
    private final FileDescriptorProto.Builder file = FileDescriptorProto.newBuilder();
    private final ProtoTokens tokens;
    private final ProtoOptions options;

    private ProtoParser(String name, String text) {
        file.setName(name);
        tokens = new ProtoTokens(name, text);
        options = new ProtoOptions(tokens);
    }

    /** Returns the file's descriptor; throws a DataException that names the line of an error. */
    static FileDescriptorProto parse(String name, String text) {
        return new ProtoParser(name, text).parseFile();
    }

    private FileDescriptorProto parseFile() {
        MessageParser messages = new MessageParser(tokens, options, this::isProto3);
        if (tokens.accept("syntax")) {
            setSyntax();
        } else if (tokens.accept("edition")) {
            setEdition();
        }
        while (tokens.kind() != ProtoTokens.Kind.END) {
            parseStatement(messages);
        }
        return file.build();
    }

    private void parseStatement(MessageParser messages) {
        if (tokens.accept("import")) {
            parseImport();
        } else if (tokens.accept("package")) {
            file.setPackage(tokens.name());
            tokens.expect(";");
        } else if (tokens.accept("option")) {
            options.statement(file.getOptionsBuilder());
        } else if (tokens.accept("service")) {
            tokens.word();
            tokens.skipBlock();
        } else if (tokens.accept("extend")) {
            DescriptorProto.Builder groups = DescriptorProto.newBuilder();
            messages.parseExtend(groups).forEach(file::addExtension);
            file.addAllMessageType(groups.getNestedTypeList());
        } else if (startsDefinition("message")) {
            file.addMessageType(messages.parseMessage(0));
        } else if (startsDefinition("enum")) {
            file.addEnumType(messages.parseEnum());
        } else if (!tokens.accept(";")) {
            throw tokens.error("message, enum, import, option, extend, service or package expected");
        }
    }

    private boolean startsDefinition(String word) {
        if (tokens.accept("export") || tokens.accept("local")) { // Since edition 2024
            tokens.expect(word);
            return true;
        }
        return tokens.accept(word);
    }

    private boolean isProto3() {
        return file.getSyntax().equals("proto3");
    }

    private void setSyntax() {
        tokens.expect("=");
        String syntax = tokens.string().toStringUtf8();
        if (!List.of("proto2", "proto3").contains(syntax)) {
            throw tokens.error("the syntax \"" + syntax + "\" is unknown");
        }
        file.setSyntax(syntax);
        tokens.expect(";");
    }

    private void setEdition() {
        tokens.expect("=");
        String edition = tokens.string().toStringUtf8();
        try {
            file.setSyntax("editions").setEdition(Edition.valueOf("EDITION_" + edition));
        } catch (IllegalArgumentException error) {
            throw tokens.error("the edition \"" + edition + "\" is unknown");
        }
        tokens.expect(";");
    }

    private void parseImport() {
        if (tokens.accept("option")) { // Custom options only
            tokens.string();
        } else {
            boolean isPublic = tokens.accept("public");
            if (!isPublic) {
                tokens.accept("weak");
            }
            if (isPublic) {
                file.addPublicDependency(file.getDependencyCount());
            }
            file.addDependency(tokens.string().toStringUtf8());
        }
        tokens.expect(";");
    }
}
