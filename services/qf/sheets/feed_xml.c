/* Why: expat reads XML; this keeps off what documents do not need and attackers
 * like (DTDs, entities), and gives all of a part in one piece, since expat reads a
 * token that is cut into pieces again from its beginning with every piece. */
#include "qf/sheets/feed_xml.h"

#include <errno.h>
#include <expat.h>
#include <limits.h>
#include <string.h>

struct reading {
        const struct qf_xml_reader *reader;
        XML_Parser parser;
        int result;
};

static const char *local(const char *name)
{
        const char *mark = strrchr(name, '|');
        return mark ? mark + 1 : name;
}

static void stop(struct reading *reading, int result)
{
        if (result == 0)
                return;
        if (reading->result == 0)
                reading->result = result;
        (void)XML_StopParser(reading->parser, XML_FALSE);
}

static void begin(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
        struct reading *reading = ctx;
        if (reading->result == 0 && reading->reader->begin)
                stop(reading, reading->reader->begin(reading->reader->ctx, local(name),
                                                     (const char *const *)attributes));
}

static void end(void *ctx, const XML_Char *name)
{
        struct reading *reading = ctx;
        if (reading->result == 0 && reading->reader->end)
                stop(reading, reading->reader->end(reading->reader->ctx, local(name)));
}

static void text(void *ctx, const XML_Char *bytes, int len)
{
        struct reading *reading = ctx;
        if (reading->result == 0 && reading->reader->text)
                stop(reading,
                     reading->reader->text(reading->reader->ctx, (struct qf_view){bytes, (uint32_t)len}));
}

static void refuse_dtd(void *ctx, const XML_Char *name, const XML_Char *system, const XML_Char *public,
                       int has_internal)
{
        (void)name;
        (void)system;
        (void)public;
        (void)has_internal;
        stop(ctx, QF_XML_DAMAGED);
}

int qf_xml_read(struct qf_view bytes, const struct qf_xml_reader *reader)
{
        struct reading reading = {.reader = reader};
        if (bytes.len > INT_MAX)
                return QF_XML_DAMAGED;
        reading.parser = XML_ParserCreateNS(NULL, '|');
        if (!reading.parser)
                return -ENOMEM;
        XML_SetUserData(reading.parser, &reading);
        XML_SetElementHandler(reading.parser, begin, end);
        XML_SetCharacterDataHandler(reading.parser, text);
        XML_SetStartDoctypeDeclHandler(reading.parser, refuse_dtd);
        enum XML_Status status = XML_Parse(reading.parser, bytes.at, (int)bytes.len, XML_TRUE);
        int result = reading.result;
        if (result == 0 && status != XML_STATUS_OK)
                result = XML_GetErrorCode(reading.parser) == XML_ERROR_NO_MEMORY ? -ENOMEM : QF_XML_DAMAGED;
        XML_ParserFree(reading.parser);
        return result;
}

const char *qf_xml_attribute(const char *const *attributes, const char *name)
{
        for (; attributes[0]; attributes += 2)
                if (strcmp(local(attributes[0]), name) == 0)
                        return attributes[1];
        return NULL;
}

bool qf_xml_is_true(const char *attribute)
{
        return attribute && (strcmp(attribute, "1") == 0 || strcmp(attribute, "true") == 0);
}
