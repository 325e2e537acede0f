#!/usr/bin/env python3
"""Strict IPFIX (RFC 7011) receiver + conformance checker, stdlib only.
 ipfix_check.py file  X.ipfix            # RFC 5655 file (concatenated messages)
 ipfix_check.py udp|tcp|tls PORT [--secs 5] [--cert S --key K --ca C] [--save X.ipfix] [--mtu 1472] [--no-pmtu 512]
Element names and types come from CSV registries (iana-ipfix.csv, pen-*.csv) in --registries DIR, else in $IPFIX_REGISTRIES,
else beside this script; without them elements are unnamed and checks by type are left out.
udp, tcp and tls take an IPv6 --host too, say {"@type":"listening"} when they do, and end early, with the summary, on SIGTERM.
Prints JSON lines: template / optionsTemplate / withdrawal / record / optionsRecord / violation / summary. Exit 1 if violations."""
import sys,struct,json,csv,glob,socket,ssl,time,argparse,ipaddress,os,select,signal
D=os.environ.get('IPFIX_REGISTRIES') or os.path.dirname(os.path.abspath(__file__))
IE={}
def load(d):
    for r in csv.DictReader(open(f'{d}/iana-ipfix.csv')) if os.path.exists(f'{d}/iana-ipfix.csv') else []:
        i,n,t,st=(r.get('ElementID') or r.get('id','')),(r.get('Name') or r.get('name')),(r.get('Abstract Data Type') or r.get('type')),(r.get('Status') or r.get('status'))
        if i.isdigit() and t: IE[(0,int(i))]=(n,t,st)
    for f in glob.glob(f'{d}/pen-*.csv'):
        for r in csv.DictReader(open(f)):
            if r.get('ElementID','').isdigit(): IE[(int(r['EnterpriseID']),int(r['ElementID']))]=(r['Name'],(r['DataType'] or 'octetArray').split(' ')[0],r['Status'])
    for (p,i),v in list(IE.items()):
        if p==0: IE[(29305,i)]=('reverse'+v[0][0].upper()+v[0][1:],v[1],v[2])
SZ={'unsigned8':1,'unsigned16':2,'unsigned32':4,'unsigned64':8,'unsigned256':32,'signed8':1,'signed16':2,'signed32':4,'signed64':8,'float32':4,'float64':8,'boolean':1,'macAddress':6,'ipv4Address':4,'ipv6Address':16,'dateTimeSeconds':4,'dateTimeMilliseconds':8,'dateTimeMicroseconds':8,'dateTimeNanoseconds':8}
SCOPE_OK=None
class Checker:
    def __init__(s,transport,args,out): s.t=transport;s.a=args;s.out=out;s.seq={};s.tpl={};s.tplsent={};s.v=0;s.n=0;s.recs=0;s.last_et={};s.start=time.time()
    def emit(s,**k): s.out.write(json.dumps(k)+'\n')
    def listening(s): s.emit(**{'@type':'listening'}); s.out.flush()
    def bad(s,rule,**k): s.v+=1; s.emit(**{'@type':'violation','rule':rule,'msg':s.n,**k})
    def message(s,m,arrival=None):
        s.n+=1
        if len(m)<16: return s.bad('7011-3.1 short message',len=len(m))
        ver,ln,et,seq,od=struct.unpack('!HHIII',m[:16])
        if ver!=10: return s.bad('7011-3.1 version',version=ver)
        if ln!=len(m): s.bad('7011-3.1 length field != message size',field=ln,size=len(m))
        if s.t=='udp' and len(m)>s.a.mtu: s.bad('7011-10.3.3 message exceeds PMTU payload',size=len(m),max=s.a.mtu)
        if arrival and abs(et-arrival)>5: s.bad('7011-3.1 exportTime off by >5s',exportTime=et,arrival=int(arrival))
        if et<s.last_et.get(od,0): s.bad('exportTime went backwards',odid=od)
        s.last_et[od]=et
        exp=s.seq.get(od)
        if exp is not None and exp!=seq: s.bad('7011-3.1 sequence number',odid=od,expected=exp,got=seq)
        if exp is None and seq!=0 and s.t!='udp': s.bad('sequence should start at 0 for new session',got=seq)
        p=16;nrec=0;unknown=False
        if p==len(m): s.bad('7011-3 message without sets')
        while p<len(m):
            if len(m)-p<4: s.bad('trailing bytes after last set',n=len(m)-p); break
            sid,sl=struct.unpack('!HH',m[p:p+4])
            if sl<4 or p+sl>len(m): s.bad('7011-3.3.2 set length',sid=sid,len=sl); break
            body=m[p+4:p+sl]
            if sid in(2,3): s.templates(od,sid,body,et)
            elif sid>=256:
                r=s.data(od,sid,body,et,seq)
                if r is None: unknown=True
                else: nrec+=r
            else: s.bad('7011-3.3.2 reserved set id',sid=sid)
            p+=sl
        s.recs+=nrec
        s.seq[od]=None if unknown else (seq+nrec)&0xffffffff
    def templates(s,od,sid,b,et):
        p=0;cnt=0
        while p<len(b):
            if len(b)-p<4 or not any(b[p:]):
                if any(b[p:]): s.bad('template set padding not zero')
                if len(b)-p>3: s.bad('7011-3.3.1 padding >= shortest record in template set',n=len(b)-p)
                break
            tid,fc=struct.unpack('!HH',b[p:p+4]);p+=4
            if fc==0:
                if s.t=='udp': s.bad('7011-8.4 template withdrawal over UDP',tid=tid)
                s.emit(**{'@type':'withdrawal','odid':od,'tid':tid,'sid':sid})
                if tid in(2,3): s.tpl={k:v for k,v in s.tpl.items() if k[0]!=od or v['opt']!=(tid==3)}
                elif (od,tid) not in s.tpl: s.bad('7011-8.1 withdrawal of unknown template',tid=tid)
                else: del s.tpl[(od,tid)]
                cnt+=1; continue
            if tid<256: s.bad('7011-3.4.1 template id <256',tid=tid)
            sc=0
            if sid==3:
                sc,=struct.unpack('!H',b[p:p+2]);p+=2
                if sc==0: s.bad('7011-3.4.2.2 scope field count 0',tid=tid)
                if sc>fc: s.bad('scope count > field count',tid=tid)
            fs=[]
            for i in range(fc):
                if p+4>len(b): s.bad('template record truncated',tid=tid); return
                ie,l=struct.unpack('!HH',b[p:p+4]);p+=4;pen=0
                if ie&0x8000:
                    pen,=struct.unpack('!I',b[p:p+4]);p+=4;ie&=0x7fff
                    if pen==0: s.bad('enterprise bit with PEN 0',tid=tid,ie=ie)
                d=IE.get((pen,ie))
                if l==0: s.bad('zero-length field specifier',tid=tid,ie=ie,pen=pen)
                if d:
                    z=SZ.get(d[1])
                    if d[2]=='deprecated' and pen==0: s.emit(**{'@type':'note','note':'deprecated IE','ie':d[0]})
                    if z:
                        if l==65535: s.bad('7011-7 varlen encoding for fixed-size type',ie=d[0],type=d[1])
                        elif l>z: s.bad('7011-6.2 field longer than type',ie=d[0],type=d[1],len=l)
                        elif l<z and d[1] in('ipv4Address','ipv6Address','macAddress','boolean','dateTimeSeconds','dateTimeMilliseconds','dateTimeMicroseconds','dateTimeNanoseconds','float32'): s.bad('7011-6.2 reduced size not allowed for type',ie=d[0],type=d[1],len=l)
                        elif l<z and d[1]=='float64' and l!=4: s.bad('7011-6.2 float64 may only be reduced to 4',ie=d[0],len=l)
                elif pen==0 and IE: s.bad('unknown IANA element id',ie=ie)
                fs.append((pen,ie,l,d[0] if d else f'en{pen}:id{ie}',d[1] if d else 'octetArray'))
            if sid==3 and any(f[0]==0 and f[1] in(147,) for f in fs[:sc]): pass
            new={'f':fs,'sc':sc,'opt':sid==3}
            old=s.tpl.get((od,tid))
            if old and (old['f'],old['sc'])!=(fs,sc): s.bad('7011-8 template redefined without withdrawal/expiry',tid=tid)
            if old and s.t in('tcp','tls') : s.bad('7011-8.1/8.2 template resent unchanged on reliable transport',tid=tid)
            s.tpl[(od,tid)]=new; cnt+=1
            s.emit(**{'@type':'optionsTemplate' if sid==3 else 'template','odid':od,'tid':tid,'scope':sc,'fields':[[f[0],f[1],f[2],f[3]] for f in fs]})
        if cnt==0: s.bad('empty template set')
    def data(s,od,sid,b,et,seq):
        t=s.tpl.get((od,sid))
        if not t: s.bad('7011-8 data set before its template',tid=sid,odid=od); return None
        mn=sum(1 if f[2]==65535 else f[2] for f in t['f']);p=0;n=0
        while len(b)-p>=mn:
            rec={};start=p
            for (pen,ie,l,name,ty) in t['f']:
                if l==65535:
                    l=b[p];p+=1
                    if l==255:
                        l,=struct.unpack('!H',b[p:p+2]);p+=2
                        if l<255: s.emit(**{'@type':'note','note':'3-byte varlen used for len<255 (allowed by 7011-7, not recommended)','ie':name})
                v=b[p:p+l];p+=l
                if p>len(b): s.bad('data record overruns set',tid=sid); return n
                x=s.dec(ty,v,name)
                k=name
                while k in rec: k+='#'
                rec[k]=x
            n+=1
            for a,c in(('flowStartMilliseconds','flowEndMilliseconds'),('flowStartSeconds','flowEndSeconds')):
                if a in rec and c in rec and rec[a]>rec[c]: s.bad('flow start after end',rec=rec)
            if rec.get('flowEndMilliseconds',0)>et*1000+2000: s.bad('flow end later than export time',end=rec['flowEndMilliseconds'],et=et)
            if 'flowEndReason' in rec and not 1<=rec['flowEndReason']<=5: s.bad('flowEndReason out of range',v=rec['flowEndReason'])
            s.emit(**{'@type':'optionsRecord' if t['opt'] else 'record','odid':od,'tid':sid,'seq':seq,'exportTime':et,**rec})
        rest=b[p:]
        if any(rest): s.bad('7011-3.3.1 set padding not zero',tid=sid,n=len(rest))
        if n==0: s.bad('empty data set',tid=sid)
        return n
    def dec(s,ty,v,name):
        if ty.startswith('unsigned'): return int.from_bytes(v,'big')
        if ty.startswith('signed'): return int.from_bytes(v,'big',signed=True)
        if ty in('ipv4Address','ipv6Address') and len(v) in(4,16): return str(ipaddress.ip_address(v))
        if ty=='macAddress': return ':'.join('%02x'%c for c in v)
        if ty=='string':
            try: return v.decode('utf-8')
            except UnicodeDecodeError: s.bad('7011-6.1.6 string not valid UTF-8',ie=name,hex=v.hex()); return v.hex()
        if ty=='boolean':
            if v not in(b'\1',b'\2'): s.bad('7011-6.1.5 boolean must be 1 or 2',ie=name,v=v.hex())
            return v==b'\1'
        if ty in('dateTimeSeconds','dateTimeMilliseconds'): return int.from_bytes(v,'big')
        if ty in('dateTimeMicroseconds','dateTimeNanoseconds') and len(v)==8:
            sec,fr=struct.unpack('!II',v)
            if ty=='dateTimeMicroseconds' and fr&0x7ff: s.emit(**{'@type':'note','note':'7011-6.1.9 low 11 bits of fraction SHOULD be zero','ie':name})
            return (sec-2208988800)*10**9+(fr*10**9>>32)
        if ty in('float32','float64') and len(v) in(4,8): return struct.unpack('!f' if len(v)==4 else '!d',v)[0]
        return '0x'+v.hex()
def stream(ck,rd,save):
    buf=b''
    while True:
        while len(buf)>=4:
            l=struct.unpack('!H',buf[2:4])[0]
            if l<16: ck.bad('stream framing: bad length',l=l); return
            if len(buf)<l: break
            ck.message(buf[:l],time.time() if ck.t!='file' else None)
            if save: save.write(buf[:l])
            buf=buf[l:]
        d=rd()
        if not d: break
        buf+=d
    if buf: ck.bad('stream ended inside a message',left=len(buf))
def main():
    a=argparse.ArgumentParser();a.add_argument('t');a.add_argument('x');a.add_argument('--secs',type=float,default=5);a.add_argument('--cert');a.add_argument('--key');a.add_argument('--ca');a.add_argument('--save');a.add_argument('--mtu',type=int,default=1472);a.add_argument('--host',default='127.0.0.1');a.add_argument('--registries',default=D)
    n=a.parse_args();load(n.registries);sv=open(n.save,'wb') if n.save else None;ck=Checker(n.t,n,sys.stdout)
    family=socket.AF_INET6 if ':' in n.host else socket.AF_INET
    if n.t=='file':
        f=open(n.x,'rb');stream(ck,lambda:f.read(65536),None)
    elif n.t=='udp':
        s=socket.socket(family,socket.SOCK_DGRAM);s.setsockopt(socket.SOL_SOCKET,socket.SO_RCVBUF,8<<20);s.bind((n.host,int(n.x)));end=time.time()+n.secs;cks={};stop=[];signal.signal(signal.SIGTERM,lambda *_: stop.append(1));ck.listening()
        while True:
            # a signal does not end select (PEP 475), and what came before it is read still
            ready=select.select([s],[],[],min(0.1,max(0,end-time.time())))[0]
            if time.time()>=end or (stop and not ready): break
            if not ready: continue
            m,ad=s.recvfrom(65535)
            ck.message(m,time.time())
            if sv: sv.write(m)
    else:
        l=socket.create_server((n.host,int(n.x)),family=family);l.settimeout(n.secs);ck.listening()
        ctx=None
        if n.t=='tls':
            ctx=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER);ctx.load_cert_chain(n.cert,n.key)
            if n.ca: ctx.load_verify_locations(n.ca);ctx.verify_mode=ssl.CERT_REQUIRED
        c,_=l.accept()
        if ctx: c=ctx.wrap_socket(c,server_side=True);ck.emit(**{'@type':'tls','version':c.version(),'cipher':c.cipher()[0],'peer':str((c.getpeercert() or {}).get('subject'))})
        c.settimeout(n.secs)
        def rd():
            try: return c.recv(65536)
            except (socket.timeout,ssl.SSLError,ConnectionError): return b''
        stream(ck,rd,sv)
    ck.emit(**{'@type':'summary','messages':ck.n,'records':ck.recs,'violations':ck.v})
    sys.exit(1 if ck.v else 0)
main()
